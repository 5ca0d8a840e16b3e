import type { KubeObject } from "@drydock/apimachinery";
import type { ApiClient } from "@drydock/client";
import type { ResourceRef } from "@drydock/kube-api";

/** A kind that another server has, in the version that this prefers. */
export interface AggregatedKind {
  readonly resource: ResourceRef<KubeObject>;
  readonly verbs: ReadonlySet<string>;
}

export interface AggregatedKinds {
  readonly kinds: readonly AggregatedKind[];
  /** Group-versions of which it is not known now what is in them. */
  readonly unknown: readonly string[];
}

interface GroupDiscovery extends KubeObject {
  readonly versions?: readonly {
    readonly version: string;
    readonly freshness?: string;
    readonly resources?: readonly DiscoveredResource[];
  }[];
}

interface DiscoveredResource {
  readonly resource: string;
  readonly scope?: string;
  readonly verbs?: readonly string[];
  readonly responseKind?: { readonly kind?: string };
}

/** Not stored anywhere: what the API server tells components of the servers behind it. */
const discoveries: ResourceRef<GroupDiscovery> = {
  group: "apidiscovery.k8s.io",
  version: "v2",
  resource: "apigroupdiscoveries",
  kind: "APIGroupDiscovery",
  namespaced: false,
};

/** All kinds of other servers, as the API server last heard of them. */
export async function listAggregatedKinds(client: Pick<ApiClient, "list">): Promise<AggregatedKinds> {
  const { items } = await client.list(discoveries);
  return readDiscovery(items);
}

export function readDiscovery(items: readonly GroupDiscovery[]): AggregatedKinds {
  const versions = items.flatMap(({ metadata, versions: all = [] }) =>
    all.map((version) => ({ group: metadata.name, ...version })),
  );
  const isKnown = ({ freshness }: { freshness?: string }) => freshness !== "Stale";
  const kinds = versions.filter(isKnown).flatMap(({ group, version, resources = [] }) =>
    resources.map(({ resource, scope, verbs = [], responseKind }) => ({
      resource: { group, version, resource, kind: responseKind?.kind ?? "", namespaced: scope === "Namespaced" },
      verbs: new Set(verbs),
    })),
  );
  const isFirst = ({ resource }: AggregatedKind, index: number) =>
    kinds.findIndex((kind) => isSameResource(kind.resource, resource)) === index;
  return {
    kinds: kinds.filter(isFirst),
    unknown: versions.filter((version) => !isKnown(version)).map(({ group, version }) => `${group}/${version}`),
  };
}

/** In whatever versions. */
function isSameResource(a: ResourceRef<KubeObject>, b: ResourceRef<KubeObject>): boolean {
  return a.group === b.group && a.resource === b.resource;
}
