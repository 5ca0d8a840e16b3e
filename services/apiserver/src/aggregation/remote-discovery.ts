import type { V1APIService } from "@drydock/kube-api";
import type { RemoteConnections } from "./remote-connections.ts";

const FETCH_TIMEOUT_MS = 5_000;
const AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/** A resource as aggregated discovery shows it. */
export type DiscoveredResource = Readonly<Record<string, unknown>>;

interface GroupDiscovery {
  readonly metadata?: { readonly name?: string };
  readonly versions?: readonly { readonly version?: string; readonly resources?: readonly DiscoveredResource[] }[];
}

export interface LegacyResource {
  readonly name: string;
  readonly singularName?: string;
  readonly namespaced?: boolean;
  readonly kind?: string;
  readonly group?: string;
  readonly version?: string;
  readonly verbs?: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}

/** What a remote server says it has of one group-version, from the aggregated document if it has one, else from the old one. */
export async function fetchDiscovery(
  connections: RemoteConnections,
  apiService: V1APIService,
): Promise<readonly DiscoveredResource[]> {
  const { group = "", version = "" } = apiService.spec ?? {};
  const accept = `${AGGREGATED},application/json`;
  const all = await connections.get(apiService, "/apis", { headers: { Accept: accept }, timeoutMs: FETCH_TIMEOUT_MS });
  if (all.code === 200 && all.contentType.includes("as=APIGroupDiscoveryList")) {
    const { items = [] } = JSON.parse(all.body.toString()) as { items?: readonly GroupDiscovery[] };
    const found = items.find(({ metadata }) => metadata?.name === group);
    return found?.versions?.find((candidate) => candidate.version === version)?.resources ?? [];
  }
  const path = `/apis/${group}/${version}`;
  const old = await connections.get(apiService, path, {
    headers: { Accept: "application/json" },
    timeoutMs: FETCH_TIMEOUT_MS,
  });
  if (old.code !== 200) throw new Error(`${path} answered ${old.code}`);
  const { resources = [] } = JSON.parse(old.body.toString()) as { resources?: readonly LegacyResource[] };
  return fromLegacy(group, version, resources);
}

/** Subresources, which stand beside their resource in the old form, go below it. */
export function fromLegacy(
  group: string,
  version: string,
  resources: readonly LegacyResource[],
): readonly DiscoveredResource[] {
  const kindOf = (resource: LegacyResource) => ({
    group: resource.group || group,
    version: resource.version || version,
    kind: resource.kind ?? "",
  });
  return resources
    .filter(({ name }) => !name.includes("/"))
    .map((resource) => {
      const below = resources.filter(({ name }) => name.startsWith(`${resource.name}/`));
      return {
        resource: resource.name,
        responseKind: kindOf(resource),
        scope: resource.namespaced ? "Namespaced" : "Cluster",
        singularResource: resource.singularName ?? "",
        verbs: resource.verbs ?? [],
        ...(resource.shortNames && { shortNames: resource.shortNames }),
        ...(resource.categories && { categories: resource.categories }),
        ...(below.length > 0 && {
          subresources: below.map((subresource) => ({
            subresource: subresource.name.slice(resource.name.length + 1),
            responseKind: kindOf(subresource),
            verbs: subresource.verbs ?? [],
          })),
        }),
      };
    });
}
