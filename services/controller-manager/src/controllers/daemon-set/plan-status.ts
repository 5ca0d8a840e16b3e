import type { V1DaemonSetStatus, V1Pod } from "@drydock/kube-api";
import { isPodActive, isPodAvailable, isPodReady } from "../../pods/pod-state.ts";
import { revisionHashLabel } from "./daemon-pod.ts";
import { nodeOf } from "./node-of.ts";
import type { DaemonView } from "./plan-daemon-pods.ts";

/** Counts are of nodes: how many should run the daemon, and how many do. Zero counts that upstream leaves out are left out. */
export function planStatus({ set, pods, hash, nowMs }: DaemonView, wanted: ReadonlySet<string>): V1DaemonSetStatus {
  const active = pods.filter(isPodActive);
  const placed = active.filter((pod) => wanted.has(nodeOf(pod)));
  const nodesWith = (test: (pod: V1Pod) => boolean) => new Set(placed.filter(test).map(nodeOf)).size;
  const available = nodesWith((pod) => isPodAvailable(pod, set.spec?.minReadySeconds ?? 0, nowMs));
  const updated = nodesWith(({ metadata }) => metadata.labels?.[revisionHashLabel] === hash);
  const optional = {
    updatedNumberScheduled: updated,
    numberAvailable: available,
    numberUnavailable: wanted.size - available,
    observedGeneration: set.metadata.generation ?? 0,
  };
  return {
    currentNumberScheduled: nodesWith(() => true),
    desiredNumberScheduled: wanted.size,
    numberMisscheduled: new Set(active.map(nodeOf).filter((node) => !wanted.has(node))).size,
    numberReady: nodesWith(isPodReady),
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value > 0)),
    ...(set.status?.collisionCount === undefined ? {} : { collisionCount: set.status.collisionCount }),
  };
}
