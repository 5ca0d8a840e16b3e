import type { V1Pod } from "@drydock/kube-api";
import { isPodTerminal } from "../../pods/pod-state.ts";

export interface SweepView {
  readonly pods: readonly V1Pod[];
  readonly nodeNames: ReadonlySet<string>;
  /** Finished pods that are kept; 0 keeps all. */
  readonly terminatedThreshold: number;
}

/** The pods that nobody else removes: on nodes that are gone, ending without ever having been bound, and the oldest of too many finished ones. */
export function planSweep({ pods, nodeNames, terminatedThreshold }: SweepView): V1Pod[] {
  const isOrphan = ({ spec }: V1Pod) => Boolean(spec?.nodeName) && !nodeNames.has(spec?.nodeName ?? "");
  const isUnboundEnding = ({ spec, metadata }: V1Pod) => metadata.deletionTimestamp !== undefined && !spec?.nodeName;
  const surplus = terminatedThreshold > 0 ? oldestFinished(pods, terminatedThreshold) : [];
  return [...new Set([...pods.filter(isOrphan), ...pods.filter(isUnboundEnding), ...surplus])];
}

function oldestFinished(pods: readonly V1Pod[], threshold: number): V1Pod[] {
  const finished = pods.filter((pod) => isPodTerminal(pod) && pod.metadata.deletionTimestamp === undefined);
  const age = ({ metadata }: V1Pod) => metadata.creationTimestamp ?? "";
  return finished.sort((a, b) => (age(a) < age(b) ? -1 : 1)).slice(0, Math.max(0, finished.length - threshold));
}
