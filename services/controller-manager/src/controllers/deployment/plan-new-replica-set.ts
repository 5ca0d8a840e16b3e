import { deepClone, deepEqual } from "@drydock/apimachinery";
import { deployments, type V1Deployment, type V1PodTemplateSpec, type V1ReplicaSet } from "@drydock/kube-api";
import { controllerRefTo } from "../../owners/controller-ref.ts";
import {
  hashLabel,
  inheritedAnnotations,
  revisionAnnotation,
  revisionHistoryAnnotation,
  revisionOf,
} from "./annotations.ts";
import { desiredReplicas } from "./fenceposts.ts";
import { newSetSize } from "./plan-rolling-update.ts";
import { sizeAnnotations } from "./resize.ts";
import { type ReplicaSetWrite, type RolloutView, sizeOf } from "./rollout-view.ts";
import { templateHash } from "./template-hash.ts";

/** Makes the ReplicaSet of the current template, with as many replicas as it may have at once. */
export function planNewReplicaSet(view: RolloutView): ReplicaSetWrite {
  const { deployment, oldSets } = view;
  const template = deployment.spec?.template as V1PodTemplateSpec;
  const hash = templateHash(template, deployment.status?.collisionCount);
  const labels = { ...template.metadata?.labels, [hashLabel]: hash };
  const selector = deployment.spec?.selector ?? {};
  const replicaSet: V1ReplicaSet = {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: deployment.metadata.namespace,
      labels,
      annotations: {
        ...inheritedAnnotations(deployment),
        ...sizeAnnotations(deployment),
        [revisionAnnotation]: String(nextRevision(oldSets)),
      },
      ownerReferences: [controllerRefTo(deployments, deployment)],
    },
    spec: {
      replicas: newSetSize(deployment, 0, oldSets.map(sizeOf)),
      ...(deployment.spec?.minReadySeconds ? { minReadySeconds: deployment.spec.minReadySeconds } : {}),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [hashLabel]: hash } },
      template: { ...template, metadata: { ...(template.metadata ?? { name: "" }), labels } },
    },
  };
  return { kind: "create", replicaSet: deepClone(replicaSet) };
}

/** Brings annotations, revision and minReadySeconds of the existing new ReplicaSet up to date. */
export function planRevision(view: RolloutView): ReplicaSetWrite[] {
  const { deployment, newSet, oldSets } = view;
  if (!newSet) return [];
  const annotations = {
    ...newSet.metadata.annotations,
    ...inheritedAnnotations(deployment),
    ...revisionAnnotations(newSet, nextRevision(oldSets)),
  };
  const minReadySeconds = deployment.spec?.minReadySeconds ?? 0;
  const isCurrent =
    deepEqual(annotations, newSet.metadata.annotations ?? {}) &&
    (newSet.spec?.minReadySeconds ?? 0) === minReadySeconds;
  if (isCurrent) return [];
  const replicaSet: V1ReplicaSet = {
    ...newSet,
    metadata: { ...newSet.metadata, annotations },
    spec: { ...newSet.spec, selector: newSet.spec?.selector ?? {}, minReadySeconds },
  };
  return [{ kind: "update", replicaSet, previous: newSet }];
}

/** A revision only ever rises: undoing gives an old template a new number, and keeps the old one in its history. */
function revisionAnnotations(set: V1ReplicaSet, revision: bigint): Record<string, string> {
  const current = revisionOf(set);
  if (current >= revision) return {};
  const history = set.metadata.annotations?.[revisionHistoryAnnotation];
  return {
    [revisionAnnotation]: String(revision),
    ...(current > 0n ? { [revisionHistoryAnnotation]: history ? `${history},${current}` : String(current) } : {}),
  };
}

function nextRevision(oldSets: readonly V1ReplicaSet[]): bigint {
  let highest = 0n;
  for (const revision of oldSets.map(revisionOf)) if (revision > highest) highest = revision;
  return highest + 1n;
}

export function isSizedFor(deployment: V1Deployment, sets: readonly V1ReplicaSet[]): boolean {
  const desired = String(desiredReplicas(deployment));
  return sets
    .filter((set) => sizeOf(set) > 0)
    .every((set) => (set.metadata.annotations?.["deployment.kubernetes.io/desired-replicas"] ?? desired) === desired);
}
