import { createHash } from "node:crypto";
import { genericNotFoundPath } from "@drydock/apimachinery";
import type { DocumentedGroup } from "../aggregation/remote-services.ts";
import { servedGroups } from "../discovery/served-groups.ts";
import { type Exchange, headerOf } from "../http/exchange.ts";
import { parseAccept } from "../http/negotiate.ts";
import { respondRaw } from "../http/respond.ts";
import type { PathHandler } from "../http/route.ts";
import { perVersion, versionOf } from "../registry/per-version.ts";
import type { Registry } from "../registry/registry.ts";
import type { VirtualResources } from "../virtual/virtual-resource.ts";
import { encodeSwagger } from "./encode-swagger.ts";
import { groupDocument } from "./group-document.ts";
import { mergeSwagger } from "./merge-swagger.ts";
import { swaggerDocument } from "./swagger-document.ts";

const JSON_TYPE = "application/json";
const PROTOBUF_TYPE = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
/** What clients have always asked for is no valid media type: they would not parse an answer that bears it. */
const PROTOBUF_TYPES: ReadonlySet<string> = new Set([
  PROTOBUF_TYPE,
  "application/com.github.proto-openapi.spec.v2@v1.0+protobuf",
]);

/** A document as it is sent; its hash is its ETag. */
interface Encoded {
  readonly contentType: string;
  readonly bytes: Uint8Array;
  readonly hash: string;
}

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
      const path = exchange.path.slice("/openapi/v3/".length);
      if (exchange.path === "/openapi/v2") return send(exchange, v2(headerOf(exchange.request, "accept")));
      send(exchange, path === "" ? index() : groupOf(path));
    },
  };
}

/** The documents of what is served now. */
function documentsOf(registry: Registry, virtual: VirtualResources, others: readonly DocumentedGroup[]) {
  const remote = new Map(others.map((group) => [pathOf(group), group.documents]));
  const served = servedGroups(registry, virtual).map((group) => [pathOf(group), group] as const);
  const groups = new Map(served.filter(([path]) => !remote.has(path)));
  const paths = [...groups.keys(), ...[...remote].flatMap(([path, { v3 }]) => (v3 ? [path] : []))];
  const made = new Map<string, Encoded>();
  const once = (id: string, contentType: string, make: () => Uint8Array): Encoded => {
    let encoded = made.get(id);
    if (!encoded) {
      const bytes = make();
      encoded = { contentType, bytes, hash: createHash("sha512").update(bytes).digest("hex").toUpperCase() };
      made.set(id, encoded);
    }
    return encoded;
  };
  const groupOf = (path: string) => {
    const group = groups.get(path);
    const document = remote.get(path)?.v3;
    if (document) return once(path, JSON_TYPE, () => document);
    if (!group) throw genericNotFoundPath();
    return once(path, JSON_TYPE, () => toJson(groupDocument(group, registry, virtual)));
  };
  const index = () =>
    once("v3", JSON_TYPE, () => {
      const entries = paths.map((name) => [
        name,
        { serverRelativeURL: `/openapi/v3/${name}?hash=${groupOf(name).hash}` },
      ]);
      return toJson({ paths: Object.fromEntries(entries) });
    });
  const swagger = () =>
    mergeSwagger(
      swaggerDocument([...groups.values()].map((group) => groupDocument(group, registry, virtual))),
      [...remote.values()].flatMap(({ v2 }) => v2 ?? []),
    );
  const v2 = (accept: string) =>
    parseAccept(accept).some(({ type }) => PROTOBUF_TYPES.has(type))
      ? once("v2 protobuf", PROTOBUF_TYPE, () => encodeSwagger(swagger()))
      : once("v2", JSON_TYPE, () => toJson(swagger()));
  return { v2, index, groupOf };
}

function send(exchange: Exchange, { contentType, bytes, hash }: Encoded): void {
  const tag = `"${hash}"`;
  exchange.response.setHeader("ETag", tag);
  exchange.response.setHeader("Vary", "Accept");
  const known = headerOf(exchange.request, "if-none-match").split(",");
  if (known.some((candidate) => candidate.trim() === tag)) return respondRaw(exchange, 304, "", new Uint8Array());
  respondRaw(exchange, 200, contentType, bytes);
}

function toJson(value: object): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

function pathOf({ name, version }: { readonly name: string; readonly version: string }): string {
  return name === "" ? `api/${version}` : `apis/${name}/${version}`;
}
