import type { V1APIService } from "@drydock/kube-api";
import type { RemoteConnections } from "./remote-connections.ts";
import { type Swagger, swaggerToV3 } from "./swagger-to-v3.ts";

const FETCH_TIMEOUT_MS = 10_000;

/** A swagger document, as far as it is merged. */
export type RemoteSwagger = Pick<Swagger, "paths" | "definitions">;

/** What a remote server says of the schemas of its group-version; each undefined when it says nothing. */
export interface RemoteDocuments {
  readonly v3: Buffer | undefined;
  readonly v2: RemoteSwagger | undefined;
  /** Where v3 was found, and the ETag of v2: the same again means the same documents. */
  readonly tag: string;
}

export const noDocuments: RemoteDocuments = { v3: undefined, v2: undefined, tag: "" };

interface V3Index {
  readonly paths?: Readonly<Record<string, { readonly serverRelativeURL?: string }>>;
}

/** Returns `before` itself when nothing has changed. A server without documents is as good as any. */
export async function fetchOpenApi(
  connections: RemoteConnections,
  apiService: V1APIService,
  before: RemoteDocuments,
): Promise<RemoteDocuments> {
  const { group = "", version = "" } = apiService.spec ?? {};
  const get = (path: string) =>
    connections.get(apiService, path, { headers: { Accept: "application/json" }, timeoutMs: FETCH_TIMEOUT_MS });
  const index = await get("/openapi/v3");
  const known = index.code === 200 ? (JSON.parse(index.body.toString()) as V3Index) : {};
  const url = known.paths?.[`apis/${group}/${version}`]?.serverRelativeURL ?? "";
  const old = await get("/openapi/v2");
  const tag = `${url} ${old.code} ${old.etag || old.body.length}`;
  if (tag === before.tag) return before;
  const document = url.startsWith("/openapi/v3/") ? await get(url) : undefined;
  const swagger = old.code === 200 ? swaggerOf(old.body, `/apis/${group}/${version}`) : undefined;
  return { v3: document?.code === 200 ? document.body : madeOf(swagger), v2: swagger, tag };
}

function madeOf(swagger: Swagger | undefined): Buffer | undefined {
  return swagger && Buffer.from(JSON.stringify(swaggerToV3(swagger)));
}

/** Of the paths those of the group-version. */
function swaggerOf(body: Buffer, prefix: string): Swagger {
  const { paths = {}, definitions = {}, ...rest } = JSON.parse(body.toString()) as Partial<Swagger>;
  const own = Object.entries(paths).filter(([path]) => path === prefix || path.startsWith(`${prefix}/`));
  return { ...rest, paths: Object.fromEntries(own), definitions };
}
