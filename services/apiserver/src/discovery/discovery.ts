import { createHash } from "node:crypto";
import { genericNotFoundPath } from "@drydock/apimachinery";
import type { Exchange } from "../http/exchange.ts";
import { type Format, mediaTypeOf } from "../http/negotiate.ts";
import { PageNotFound } from "../http/page-not-found.ts";
import { respondRaw } from "../http/respond.ts";
import type { PathHandler } from "../http/route.ts";
import { hashOf, serveDocument } from "../http/serve-document.ts";
import { perVersion, versionOf } from "../registry/per-version.ts";
import type { Registry } from "../registry/registry.ts";
import type { VirtualResources } from "../virtual/virtual-resource.ts";
import { type ListedGroup, listGroups, type RemoteGroup } from "./list-groups.ts";
import { rootPaths } from "./root-paths.ts";
import { aggregatedFormat, type DiscoveryDocument, encodeDocument, serveNegotiated } from "./serve-negotiated.ts";
import { type ServedGroup, type StoredKind, servedGroups } from "./served-groups.ts";

const HASH_BYTES = 8;

export interface DiscoveryOptions {
  readonly registry: Registry;
  readonly virtual: VirtualResources;
  readonly serverAddress: string;
  /** What other servers have. */
  readonly remote: RemoteGroups;
  /** What else `GET /` tells of. */
  readonly otherPaths: readonly string[];
}

interface RemoteGroups {
  /** Grows whenever `groups` are others. */
  readonly version: number;
  groups(): readonly RemoteGroup[];
}

/** /api and /apis, in the old form (a document a group-version) and the aggregated one (everything at once, v2). */
export function createDiscovery({
  registry,
  virtual,
  serverAddress,
  remote,
  otherPaths,
}: DiscoveryOptions): PathHandler {
  const own = perVersion(registry, () => servedGroups(registry, virtual));
  const listed = perVersion(versionOf(registry, remote), () => listGroups(own(), remote.groups()));
  return {
    handles: (path) => path === "/" || /^\/apis?(\/[^/]+){0,2}\/?$/.test(path),
    async serve(exchange) {
      const groups = own();
      const { core, named } = listed();
      if (exchange.path === "/") return serveJson(exchange, { paths: rootPaths([...core, ...named], otherPaths) });
      const [, prefix, ...rest] = exchange.path.replace(/\/$/, "").split("/");
      if (prefix === "api") {
        if (rest.length === 0) return serveRoot(exchange, core, apiVersions(serverAddress));
        if (rest.length === 1) return serveNegotiated(exchange, resourceList(find(groups, "", rest[0])));
      } else {
        if (rest.length === 0)
          return serveRoot(exchange, named, {
            kind: "APIGroupList",
            apiVersion: "v1",
            groups: versionsByGroup(named).map(apiGroup),
          });
        const versions = named.filter(({ name }) => name === rest[0]);
        if (versions.length > 0 && rest.length === 1)
          return serveNegotiated(exchange, { kind: "APIGroup", apiVersion: "v1", ...apiGroup(versions) });
        if (rest.length === 2) return serveNegotiated(exchange, resourceList(find(groups, rest[0] ?? "", rest[1])));
      }
      throw new PageNotFound();
    },
  };
}

function find(groups: readonly ServedGroup[], name: string, version: string | undefined): ServedGroup {
  const group = groups.find((candidate) => candidate.name === name && candidate.version === version);
  if (group) return group;
  throw groups.some((candidate) => candidate.name === name) ? genericNotFoundPath() : new PageNotFound();
}

/** The same URL has several forms; the first that the client names and we know wins. */
function serveRoot(exchange: Exchange, groups: readonly ListedGroup[], legacy: DiscoveryDocument): void {
  const format = aggregatedFormat(exchange);
  if (format) serveAggregated(exchange, groups, format);
  else serveNegotiated(exchange, legacy);
}

/** With an ETag, so that a client with the same document need not read it again. The old forms have none. */
function serveAggregated(exchange: Exchange, groups: readonly ListedGroup[], format: Format): void {
  const document = {
    kind: "APIGroupDiscoveryList",
    apiVersion: `apidiscovery.k8s.io/v2`,
    metadata: {},
    items: versionsByGroup(groups).map(groupDiscovery),
  };
  const schema = "io.k8s.api.apidiscovery.v2.APIGroupDiscoveryList";
  const bytes = encodeDocument(exchange, document, schema, format);
  const contentType = `${mediaTypeOf(format)};g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList`;
  exchange.response.setHeader("Vary", "Accept");
  serveDocument(exchange, { contentType, bytes, hash: hashOf(Buffer.from(JSON.stringify(document))) }, "public");
}

function serveJson(exchange: Exchange, document: object): void {
  respondRaw(exchange, 200, "application/json", Buffer.from(JSON.stringify(document)));
}

function apiVersions(serverAddress: string): DiscoveryDocument {
  return {
    kind: "APIVersions",
    versions: ["v1"],
    serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress }],
  };
}

/** The versions of each group, the preferred one first. */
function versionsByGroup(groups: readonly ListedGroup[]): (readonly ListedGroup[])[] {
  return [...Map.groupBy(groups, ({ name }) => name).values()];
}

function apiGroup(served: readonly ListedGroup[]): object {
  const versions = served.map(({ name, version }) => ({ groupVersion: `${name}/${version}`, version }));
  return { name: served[0]?.name, versions, preferredVersion: versions[0] };
}

function resourceList({ name, version, resources }: ServedGroup): DiscoveryDocument {
  const groupVersion = name === "" ? version : `${name}/${version}`;
  const entries = resources.flatMap((resource) => [
    {
      name: resource.name,
      singularName: resource.singular,
      namespaced: resource.isNamespaced,
      kind: resource.kind,
      verbs: resource.verbs,
      ...(resource.stored ? { storageVersionHash: storageVersionHash(resource.stored) } : {}),
      ...(resource.shortNames.length > 0 ? { shortNames: resource.shortNames } : {}),
      ...(resource.categories.length > 0 ? { categories: resource.categories } : {}),
    },
    ...resource.subresources.map((subresource) => ({
      name: `${resource.name}/${subresource.name}`,
      singularName: "",
      namespaced: resource.isNamespaced,
      // Named only when it is another group's kind: kubectl looks for `group: policy` before it evicts.
      ...(subresource.group !== name || subresource.version !== version
        ? { group: subresource.group, version: subresource.version }
        : {}),
      kind: subresource.kind,
      verbs: subresource.verbs,
    })),
  ]);
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  // The oldest of the documents has no version of its own.
  return { kind: "APIResourceList", ...(name !== "" && { apiVersion: "v1" }), groupVersion, resources: entries };
}

/** Changes when objects are stored as another kind than before: migrators look at it. */
function storageVersionHash({ group, version, kind }: StoredKind): string {
  const digest = createHash("sha256").update(`${group}/${version}/${kind}`).digest();
  return digest.subarray(0, HASH_BYTES).toString("base64");
}

function groupDiscovery(versions: readonly ListedGroup[]): object {
  return {
    metadata: versions[0]?.name ? { name: versions[0].name } : {},
    versions: versions.map(({ version, freshness, resources }) => ({ version, resources: resources(), freshness })),
  };
}
