import type { V1Pod, V1StatefulSetStatus } from "@drydock/kube-api";
import { isPodAvailable, isPodReady } from "../../pods/pod-state.ts";
import type { StatefulView } from "./plan-stateful-set.ts";
import { revisionOf } from "./stateful-pod.ts";

/** Counts what is there; `outdated` pods have just been deleted for newer ones. A rollout that is complete makes its revision the current one. */
export function planStatus(view: StatefulView, outdated: number, collisionCount: number): V1StatefulSetStatus {
  const { set, pods, currentRevision, updateRevision, nowMs } = view;
  const created = pods.filter(({ status }) => status?.phase);
  const ready = created.filter((pod) => pod.status?.phase === "Running" && isPodReady(pod));
  const minReadySeconds = set.spec?.minReadySeconds ?? 0;
  const of = (revision: string) =>
    created.filter((pod: V1Pod) => !pod.metadata.deletionTimestamp && revisionOf(pod) === revision).length;
  const updated = of(updateRevision);
  const isComplete =
    set.spec?.updateStrategy?.type === "RollingUpdate" &&
    created.length === (set.spec.replicas ?? 1) &&
    updated === created.length &&
    ready.length === created.length;
  const optional = {
    observedGeneration: set.metadata.generation,
    readyReplicas: ready.length,
    currentReplicas: isComplete ? updated : Math.max(0, of(currentRevision) - outdated),
    updatedReplicas: updated,
  };
  return {
    replicas: created.length,
    availableReplicas: ready.filter((pod) => isPodAvailable(pod, minReadySeconds, nowMs)).length,
    ...Object.fromEntries(Object.entries(optional).filter(([, count]) => count)),
    currentRevision: isComplete ? updateRevision : currentRevision,
    updateRevision,
    collisionCount,
    ...(set.status?.conditions ? { conditions: set.status.conditions } : {}),
  };
}
