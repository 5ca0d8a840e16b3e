import type { V1Deployment, V1ReplicaSet } from "@drydock/kube-api";
import { desiredAnnotation, maxAnnotation, numberAnnotation } from "./annotations.ts";
import { desiredReplicas, resolveFenceposts } from "./fenceposts.ts";
import { type ReplicaSetWrite, sizeOf } from "./rollout-view.ts";

/** The annotations that say for which size of the Deployment a ReplicaSet was last sized. */
export function sizeAnnotations(deployment: V1Deployment): Record<string, string> {
  const desired = desiredReplicas(deployment);
  return {
    [desiredAnnotation]: String(desired),
    [maxAnnotation]: String(desired + resolveFenceposts(deployment).maxSurge),
  };
}

/** The write that brings a ReplicaSet to `size`; none when size and annotations are right already. */
export function resize(deployment: V1Deployment, set: V1ReplicaSet, size: number): ReplicaSetWrite[] {
  const annotations = sizeAnnotations(deployment);
  const isAnnotated = [desiredAnnotation, maxAnnotation].every(
    (name) => numberAnnotation(set, name) === Number(annotations[name]),
  );
  if (size === sizeOf(set) && isAnnotated) return [];
  const replicaSet: V1ReplicaSet = {
    ...set,
    metadata: { ...set.metadata, annotations: { ...set.metadata.annotations, ...annotations } },
    spec: { ...set.spec, selector: set.spec?.selector ?? {}, replicas: size },
  };
  return [{ kind: "update", replicaSet, previous: set }];
}
