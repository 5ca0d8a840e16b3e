import type { V1Deployment, V1ReplicaSet } from "@drydock/kube-api";
import { isSameTemplate } from "./template-hash.ts";

/** A Deployment and its ReplicaSets, as the plans look at them. */
export interface RolloutView {
  readonly deployment: V1Deployment;
  /** The one whose template is the Deployment's. */
  readonly newSet?: V1ReplicaSet;
  /** All others, oldest first. */
  readonly oldSets: readonly V1ReplicaSet[];
}

/** A change to one ReplicaSet. The plan never changes the objects it was given. */
export type ReplicaSetWrite =
  | { readonly kind: "create"; readonly replicaSet: V1ReplicaSet }
  | { readonly kind: "update"; readonly replicaSet: V1ReplicaSet; readonly previous: V1ReplicaSet }
  | { readonly kind: "delete"; readonly replicaSet: V1ReplicaSet };

/** If several ReplicaSets have the template (an old bug, or two controllers), the oldest counts. */
export function viewRollout(deployment: V1Deployment, replicaSets: readonly V1ReplicaSet[]): RolloutView {
  const sorted = [...replicaSets].sort(byAge);
  const newSet = sorted.find((set) => isSameTemplate(set.spec?.template, deployment.spec?.template));
  return { deployment, oldSets: sorted.filter((set) => set !== newSet), ...(newSet ? { newSet } : {}) };
}

export function byAge(a: V1ReplicaSet, b: V1ReplicaSet): number {
  const [aTime, bTime] = [a.metadata.creationTimestamp ?? "", b.metadata.creationTimestamp ?? ""];
  if (aTime !== bTime) return aTime < bTime ? -1 : 1;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

export const sizeOf = (set: V1ReplicaSet): number => set.spec?.replicas ?? 1;
export const availableOf = (set: V1ReplicaSet): number => set.status?.availableReplicas ?? 0;
export const sum = (sets: readonly V1ReplicaSet[], count: (set: V1ReplicaSet) => number): number =>
  sets.reduce((total, set) => total + count(set), 0);
export const activeSets = (sets: readonly V1ReplicaSet[]): V1ReplicaSet[] => sets.filter((set) => sizeOf(set) > 0);
export const allSets = (view: RolloutView): V1ReplicaSet[] => [...view.oldSets, ...(view.newSet ? [view.newSet] : [])];
