import { labelSelectorFromMap, labelSelectorFromObject } from "@drydock/apimachinery";
import { defineController } from "@drydock/client";
import {
  pods,
  type ResourceRef,
  replicaSets,
  replicationControllers,
  type V1ReplicaSet,
  type V1ReplicationController,
} from "@drydock/kube-api";
import { ReplicaReconciler, type Replicated } from "./replica-controller.ts";

export const replicaSet = defineController({
  name: "replica-set",
  primary: replicaSets,
  owns: [pods],
  create: (context) =>
    new ReplicaReconciler(context, {
      resource: replicaSets as ResourceRef<V1ReplicaSet & Replicated>,
      component: "replicaset-controller",
      selectorOf: ({ spec }) => labelSelectorFromObject((spec as V1ReplicaSet["spec"])?.selector),
    }),
});

export const replicationController = defineController({
  name: "replication-controller",
  primary: replicationControllers,
  owns: [pods],
  create: (context) =>
    new ReplicaReconciler(context, {
      resource: replicationControllers as ResourceRef<V1ReplicationController & Replicated>,
      component: "replication-controller",
      selectorOf: ({ spec }) => labelSelectorFromMap((spec as V1ReplicationController["spec"])?.selector),
    }),
});
