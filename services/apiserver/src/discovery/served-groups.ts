import { compareVersions } from "../custom-resources/version-order.ts";
import type { ResourceDefinition } from "../registry/definition.ts";
import type { Registry } from "../registry/registry.ts";
import { subresources } from "../subresources/index.ts";
import type { VirtualResources } from "../virtual/virtual-resource.ts";
import { type Priority, priorityOf } from "./group-priorities.ts";

export interface ServedSubresource {
  readonly name: string;
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly verbs: readonly string[];
}

/** What objects are written to the store as. */
export interface StoredKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

export interface ServedResource {
  /** Undefined for what is answered and not stored. */
  readonly stored?: StoredKind;
  /** Defined by an object. */
  readonly isCustom?: boolean;
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

const PROXY_VERBS = ["create", "delete", "get", "patch", "update"];

/** Subresources that stream; the kinds are the options upstream names. */
const STREAMS: Readonly<Record<string, { kind: string; verbs: readonly string[] }>> = {
  log: { kind: "Pod", verbs: ["get"] },
  exec: { kind: "PodExecOptions", verbs: ["create", "get"] },
  attach: { kind: "PodAttachOptions", verbs: ["create", "get"] },
  portforward: { kind: "PodPortForwardOptions", verbs: ["create", "get"] },
};

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
  return [...byGroup.values()].sort((a, b) => comparePriority(ranked(a), ranked(b)));
}

interface Ranked {
  readonly name: string;
  readonly version: string;
  readonly priority: Priority;
}

function ranked({ name, version }: ServedGroup): Ranked {
  return { name, version, priority: priorityOf(name, version) };
}

/** The order in which clients are told of groups and versions: when two have kinds of one name, the first is meant. */
export function comparePriority(a: Ranked, b: Ranked): number {
  if (a.priority.group !== b.priority.group) return b.priority.group - a.priority.group;
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return b.priority.version - a.priority.version || compareVersions(a.version, b.version);
}

function served(definition: ResourceDefinition): ServedResource {
  const { group, version, resource, singular, kind, isNamespaced, shortNames, categories, conversion } = definition;
  return {
    isCustom: definition.custom !== undefined,
    stored: { group: conversion?.storageGroup ?? group, version: conversion?.storageVersion ?? version, kind },
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
    const stream = name === "proxy" ? { kind: `${kind}ProxyOptions`, verbs: PROXY_VERBS } : STREAMS[name];
    return stream ? [{ name, group, version, ...stream }] : [];
  });
  return [...own, ...streams].sort((a, b) => (a.name < b.name ? -1 : 1));
}
