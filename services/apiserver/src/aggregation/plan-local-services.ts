import { deepEqual } from "@drydock/apimachinery";
import type { V1APIService } from "@drydock/kube-api";
import { isRankedGroup, priorityOf } from "../discovery/group-priorities.ts";

const MANAGED_LABEL = "kube-aggregator.kubernetes.io/automanaged";
/** The aggregator's own group has no APIService. */
const OWN_GROUP = "apiregistration.k8s.io";

export interface GroupVersion {
  readonly name: string;
  readonly version: string;
}

export type LocalServiceAction =
  | { readonly kind: "create" | "update"; readonly object: V1APIService }
  | { readonly kind: "delete"; readonly name: string };

/**
 * Every group-version that this server serves has an APIService. Those of built-in kinds are seen to at start, those of custom kinds always;
 * what somebody else made under such a name is left alone.
 */
export function planLocalServices(
  served: readonly GroupVersion[],
  current: readonly V1APIService[],
  isStart: boolean,
): readonly LocalServiceAction[] {
  const wanted = new Map(served.filter(({ name }) => name !== OWN_GROUP).map((group) => [nameOf(group), group]));
  const there = new Map(current.map((service) => [service.metadata.name, service]));
  const actions: LocalServiceAction[] = [];
  for (const [name, group] of wanted) {
    const service = there.get(name);
    const object = localService(group);
    if (!service) {
      if (isStart || !isRankedGroup(group.name)) actions.push({ kind: "create", object });
      continue;
    }
    if (managedBy(service) === undefined || deepEqual(service.spec, object.spec)) continue;
    actions.push({ kind: "update", object: { ...service, spec: object.spec as NonNullable<V1APIService["spec"]> } });
  }
  for (const service of current)
    if (managedBy(service) === "true" && !wanted.has(service.metadata.name))
      actions.push({ kind: "delete", name: service.metadata.name });
  return actions;
}

function nameOf({ name, version }: GroupVersion): string {
  return `${version}.${name}`;
}

function managedBy({ metadata }: V1APIService): string | undefined {
  return metadata.labels?.[MANAGED_LABEL];
}

function localService({ name, version }: GroupVersion): V1APIService {
  const priority = priorityOf(name, version);
  return {
    apiVersion: "apiregistration.k8s.io/v1",
    kind: "APIService",
    metadata: {
      name: nameOf({ name, version }),
      labels: { [MANAGED_LABEL]: isRankedGroup(name) ? "onstart" : "true" },
    },
    spec: {
      ...(name !== "" && { group: name }),
      version,
      groupPriorityMinimum: priority.group,
      versionPriority: priority.version,
    },
  };
}
