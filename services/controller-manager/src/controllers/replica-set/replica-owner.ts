import { type KubeObject, labelSelectorFromMap, labelSelectorFromObject, type Selector } from "@drydock/apimachinery";
import {
  type ResourceRef,
  replicaSets,
  replicationControllers,
  type V1PodTemplateSpec,
  type V1ReplicaSet,
  type V1ReplicaSetCondition,
  type V1ReplicaSetStatus,
  type V1ReplicationController,
} from "@drydock/kube-api";

/** What ReplicaSets and ReplicationControllers share. */
export interface ReplicaOwner extends KubeObject {
  spec?: { replicas?: number; minReadySeconds?: number; template?: V1PodTemplateSpec };
  status?: V1ReplicaSetStatus;
}

export type ReplicaStatus = V1ReplicaSetStatus;
export type ReplicaCondition = V1ReplicaSetCondition;

/** How the two kinds differ. */
export interface ReplicaOwnerKind {
  readonly controllerName: string;
  readonly component: string;
  readonly resource: ResourceRef<ReplicaOwner>;
  selectorOf(owner: ReplicaOwner): Selector;
}

export const replicaSetKind: ReplicaOwnerKind = {
  controllerName: "replicaset-controller",
  component: "replicaset-controller",
  resource: replicaSets as ResourceRef<ReplicaOwner>,
  selectorOf: (owner) => labelSelectorFromObject((owner as V1ReplicaSet).spec?.selector),
};

export const replicationControllerKind: ReplicaOwnerKind = {
  controllerName: "replicationcontroller-controller",
  component: "replication-controller",
  resource: replicationControllers as ResourceRef<ReplicaOwner>,
  selectorOf: (owner) => labelSelectorFromMap((owner as V1ReplicationController).spec?.selector),
};
