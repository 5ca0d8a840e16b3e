import { createHash } from "node:crypto";
import { genericNotFoundPath } from "@drydock/apimachinery";
import { type ServedGroup, servedGroups } from "../discovery/served-groups.ts";
import { respondRaw } from "../http/respond.ts";
import type { PathHandler } from "../http/route.ts";
import type { Registry } from "../registry/registry.ts";
import type { VirtualResources } from "../virtual/virtual-resource.ts";
import { groupDocument } from "./group-document.ts";

/** OpenAPI v3: an index of documents, and one document a group-version, found under a URL that names its hash. */
export function createOpenApi(registry: Registry, virtual: VirtualResources): PathHandler {
  const groups = new Map(servedGroups(registry, virtual).map((group) => [pathOf(group), group]));
  const documents = new Map<string, { bytes: Buffer; hash: string }>();
  const documentOf = (path: string) => {
    const group = groups.get(path);
    if (!group) throw genericNotFoundPath();
    let document = documents.get(path);
    if (!document) {
      const bytes = Buffer.from(JSON.stringify(groupDocument(group, registry, virtual)));
      document = { bytes, hash: createHash("sha512").update(bytes).digest("hex").toUpperCase() };
      documents.set(path, document);
    }
    return document;
  };
  return {
    handles: (path) => path === "/openapi/v3" || path.startsWith("/openapi/v3/"),
    async serve(exchange) {
      const path = exchange.path.slice("/openapi/v3/".length);
      if (path === "") {
        const paths = Object.fromEntries(
          [...groups.keys()].map((name) => [
            name,
            { serverRelativeURL: `/openapi/v3/${name}?hash=${documentOf(name).hash}` },
          ]),
        );
        return respondRaw(exchange, 200, "application/json", Buffer.from(JSON.stringify({ paths })));
      }
      const { bytes, hash } = documentOf(path);
      exchange.response.setHeader("ETag", `"${hash}"`);
      respondRaw(exchange, 200, "application/json", bytes);
    },
  };
}

function pathOf({ name, version }: ServedGroup): string {
  return name === "" ? `api/${version}` : `apis/${name}/${version}`;
}
