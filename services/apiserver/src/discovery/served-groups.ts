import { compareVersions } from "../custom-resources/version-order.ts";
import type { ResourceDefinition } from "../registry/definition.ts";
import type { Registry } from "../registry/registry.ts";
import { subresources } from "../subresources/index.ts";
import type { VirtualResources } from "../virtual/virtual-resource.ts";

export interface ServedSubresource {
  readonly name: string;
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly verbs: readonly string[];
}

export interface ServedResource {
  readonly name: string;
  readonly singular: string;
  readonly kind: string;
  readonly isNamespaced: boolean;
  readonly verbs: readonly string[];
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly subresources: readonly ServedSubresource[];
}

/** One group-version. */
export interface ServedGroup {
  readonly name: string;
  readonly version: string;
  readonly resources: readonly ServedResource[];
}

const ALL_VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/** Subresources that stream; the kinds are the options upstream names. */
const STREAMS: Readonly<Record<string, { kind: string; verbs: readonly string[] }>> = {
  log: { kind: "Pod", verbs: ["get"] },
  exec: { kind: "PodExecOptions", verbs: ["create", "get"] },
  attach: { kind: "PodAttachOptions", verbs: ["create", "get"] },
  portforward: { kind: "PodPortForwardOptions", verbs: ["create", "get"] },
};

/** The order in which upstream ranks its groups decides which of two kinds of one name a client prefers. */
const ORDER = [
  "",
  "apiregistration.k8s.io",
  "apps",
  "events.k8s.io",
  "authentication.k8s.io",
  "authorization.k8s.io",
  "autoscaling",
  "batch",
  "certificates.k8s.io",
  "networking.k8s.io",
  "policy",
  "rbac.authorization.k8s.io",
  "storage.k8s.io",
  "admissionregistration.k8s.io",
  "apiextensions.k8s.io",
  "scheduling.k8s.io",
  "coordination.k8s.io",
  "node.k8s.io",
  "discovery.k8s.io",
  "resource.k8s.io",
  "flowcontrol.apiserver.k8s.io",
];

/** Everything this server serves, by group, from the definitions. */
export function servedGroups(registry: Registry, virtual: VirtualResources): ServedGroup[] {
  const byGroup = new Map<string, { name: string; version: string; resources: ServedResource[] }>();
  const groupOf = (name: string, version: string) => {
    const id = `${name}/${version}`;
    const group = byGroup.get(id) ?? { name, version, resources: [] };
    byGroup.set(id, group);
    return group;
  };
  for (const { definition } of registry.stores)
    groupOf(definition.group, definition.version).resources.push(served(definition));
  for (const { definition } of virtual.all) {
    const { resource: name, singular, kind, isNamespaced } = definition;
    groupOf(definition.group, definition.version).resources.push({
      name,
      singular,
      kind,
      isNamespaced,
      verbs: definition.verbs ?? ["create"],
      shortNames: definition.shortNames ?? [],
      categories: [],
      subresources: [],
    });
  }
  const rank = ({ name }: ServedGroup) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  return [...byGroup.values()].sort(
    (a, b) => rank(a) - rank(b) || byName(a, b) || compareVersions(a.version, b.version),
  );
}

/** Groups of custom kinds stand behind all others, in the order of their names. */
function byName(a: ServedGroup, b: ServedGroup): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

function served(definition: ResourceDefinition): ServedResource {
  const { resource, singular, kind, isNamespaced, shortNames, categories } = definition;
  return {
    name: resource,
    singular,
    kind,
    isNamespaced,
    verbs: definition.verbs ?? ALL_VERBS,
    shortNames,
    categories,
    subresources: subresourcesOf(definition),
  };
}

function subresourcesOf(definition: ResourceDefinition): ServedSubresource[] {
  const { group, version, kind } = definition;
  const own = subresources
    .filter((candidate) => candidate.appliesTo(definition))
    .map(({ name, verbs, kind: other }) => ({
      name,
      verbs,
      group: other?.group ?? group,
      version: other?.version ?? version,
      kind: other?.kind ?? kind,
    }));
  const streams = (definition.subresources?.other ?? []).flatMap((name) => {
    const stream = STREAMS[name];
    return stream ? [{ name, group, version, ...stream }] : [];
  });
  return [...own, ...streams].sort((a, b) => (a.name < b.name ? -1 : 1));
}
