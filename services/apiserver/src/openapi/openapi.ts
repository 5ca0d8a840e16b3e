import { genericNotFoundPath, stringifyJson } from "@drydock/apimachinery";
import type { DocumentedGroup } from "../aggregation/remote-services.ts";
import { servedGroups } from "../discovery/served-groups.ts";
import { type Exchange, headerOf } from "../http/exchange.ts";
import { parseAccept } from "../http/negotiate.ts";
import { respondRaw, respondText } from "../http/respond.ts";
import type { PathHandler } from "../http/route.ts";
import { serveContent, wantsPart } from "../http/serve-content.ts";
import { hashOf, type ServedDocument, serveCompressed } from "../http/serve-document.ts";
import { perVersion, versionOf } from "../registry/per-version.ts";
import type { Registry } from "../registry/registry.ts";
import type { VirtualResources } from "../virtual/virtual-resource.ts";
import { encodeSwagger } from "./encode-swagger.ts";
import { groupDocument } from "./group-document.ts";
import { mergeSwagger } from "./merge-swagger.ts";
import { rootDocuments } from "./root-documents.ts";
import { swaggerDocument } from "./swagger-document.ts";

const JSON_TYPE = "application/json";
const PROTOBUF_TYPE = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
/** What clients have always asked for is no valid media type: they would not parse an answer that bears it. */
const V2_TYPES: ReadonlySet<string> = new Set([
  JSON_TYPE,
  PROTOBUF_TYPE,
  "application/com.github.proto-openapi.spec.v2@v1.0+protobuf",
]);
const V3_TYPES: ReadonlySet<string> = new Set([JSON_TYPE]);

/** What other servers say of their group-versions. */
interface RemoteDocumented {
  readonly version: number;
  groups(): readonly DocumentedGroup[];
}

/**
 * OpenAPI v3: an index of documents, and one document a group-version, found under a URL that names its hash. And v2: one
 * document of all groups, in JSON or protobuf. Each is made when it is first asked for.
 */
export function createOpenApi(registry: Registry, virtual: VirtualResources, remote: RemoteDocumented): PathHandler {
  const documents = perVersion(versionOf(registry, remote), () => documentsOf(registry, virtual, remote.groups()));
  return {
    handles: (path) => path === "/openapi/v2" || path === "/openapi/v3" || path.startsWith("/openapi/v3/"),
    async serve(exchange) {
      const { v2, index, groupOf } = documents();
      if (exchange.path === "/openapi/v3") return serveContent(exchange, index());
      const isV2 = exchange.path === "/openapi/v2";
      exchange.response.setHeader("Vary", "Accept");
      const type = chosenType(exchange, isV2 ? V2_TYPES : V3_TYPES);
      if (!type) return respondRaw(exchange, 406, "", new Uint8Array());
      if (isV2) return serveSwagger(exchange, v2(type === JSON_TYPE ? "json" : "protobuf"));
      const path = exchange.path.slice("/openapi/v3/".length);
      serveGroup(exchange, path, groupOf(path));
    },
  };
}

/** The documents of what is served now. */
function documentsOf(registry: Registry, virtual: VirtualResources, others: readonly DocumentedGroup[]) {
  const remote = new Map(others.map((group) => [pathOf(group), group.documents]));
  const served = servedGroups(registry, virtual).map((group) => [pathOf(group), group] as const);
  const groups = new Map(served.filter(([path]) => !remote.has(path)));
  const roots = rootDocuments(
    [...groups.values()].filter(({ resources }) => !resources.every(({ isCustom }) => isCustom)),
  );
  const paths = [...roots.keys(), ...groups.keys(), ...[...remote].flatMap(([path, { v3 }]) => (v3 ? [path] : []))];
  const made = new Map<string, ServedDocument>();
  const once = (id: string, contentType: string, make: () => Uint8Array, hash?: () => string): ServedDocument => {
    let document = made.get(id);
    if (!document) {
      const bytes = make();
      document = { contentType, bytes, hash: hash?.() ?? hashOf(bytes) };
      made.set(id, document);
    }
    return document;
  };
  const groupOf = (path: string) => {
    const group = groups.get(path);
    const root = roots.get(path);
    if (root) return once(path, JSON_TYPE, () => toJson(root));
    const document = remote.get(path)?.v3;
    if (document) return once(path, JSON_TYPE, () => document);
    if (!group) throw genericNotFoundPath();
    return once(path, JSON_TYPE, () => toJson(groupDocument(group, registry, virtual)));
  };
  const index = () =>
    once("v3", JSON_TYPE, () => {
      const entries = paths.map((name) => [name, { serverRelativeURL: urlOf(name, groupOf(name)) }]);
      entries.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
      return toJson({ paths: Object.fromEntries(entries) });
    });
  const swagger = () =>
    mergeSwagger(
      swaggerDocument([...groups.values()].map((group) => groupDocument(group, registry, virtual))),
      [...remote.values()].flatMap(({ v2 }) => v2 ?? []),
    );
  const asJson = () => once("v2", JSON_TYPE, () => toJson(swagger()));
  // Both forms of it have one ETag.
  const v2 = (format: "json" | "protobuf") =>
    format === "json"
      ? asJson()
      : once(
          "v2 protobuf",
          PROTOBUF_TYPE,
          () => encodeSwagger(swagger()),
          () => asJson().hash,
        );
  return { v2, index, groupOf };
}

/** Parts of it are not compressed. */
async function serveSwagger(exchange: Exchange, document: ServedDocument): Promise<void> {
  if (!wantsPart(exchange, document)) return serveCompressed(exchange, document);
  exchange.response.appendHeader("Vary", "Accept-Encoding");
  serveContent(exchange, document);
}

/** A URL that names a document's hash stands for that document for ever: it may be kept, and an old one leads to the new. */
function serveGroup(exchange: Exchange, path: string, document: ServedDocument): void {
  const { response, query } = exchange;
  const hash = query.get("hash");
  if (!hash) return serveContent(exchange, document);
  if (hash !== document.hash) {
    const location = urlOf(path, document);
    response.setHeader("ETag", `"${document.hash}"`);
    response.setHeader("Location", location);
    return respondText(exchange, 301, `<a href="${location}">Moved Permanently</a>.\n\n`, "text/html; charset=utf-8");
  }
  const expires = new Date(exchange.startedAtMs);
  expires.setUTCFullYear(expires.getUTCFullYear() + 1);
  response.setHeader("Expires", expires.toUTCString());
  serveContent(exchange, document, "public, immutable");
}

function urlOf(path: string, { hash }: ServedDocument): string {
  return `/openapi/v3/${path}?hash=${hash}`;
}

/** The first of the client's types that we have; undefined for none. */
function chosenType(exchange: Exchange, known: ReadonlySet<string>): string | undefined {
  for (const { type } of parseAccept(headerOf(exchange.request, "accept") || "*/*")) {
    if (type === "*/*" || type === "application/*") return JSON_TYPE;
    if (known.has(type)) return type;
  }
  return undefined;
}

function toJson(value: object): Uint8Array {
  return Buffer.from(stringifyJson(value));
}

function pathOf({ name, version }: { readonly name: string; readonly version: string }): string {
  return name === "" ? `api/${version}` : `apis/${name}/${version}`;
}
