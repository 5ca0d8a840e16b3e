import type { KubeObject } from "@drydock/apimachinery";
import { type ControllerDefinition, defineController, defineIndex, defineWatch } from "@drydock/client";
import { pods } from "@drydock/kube-api";
import { controllerIndex, controllerIndexValues, controllerOf } from "../../owners/controller-ref.ts";
import { ReplicaManager } from "./replica-manager.ts";
import {
  type ReplicaOwner,
  type ReplicaOwnerKind,
  replicaSetKind,
  replicationControllerKind,
} from "./replica-owner.ts";

export const replicaSet = defineReplicaController(replicaSetKind);
export const replicationController = defineReplicaController(replicationControllerKind);

function defineReplicaController(kind: ReplicaOwnerKind): ControllerDefinition {
  let findOwners: (pod: KubeObject) => readonly string[] = () => [];
  return defineController({
    name: kind.controllerName,
    primary: kind.resource,
    owns: [pods],
    watches: [defineWatch({ resource: pods, keysFor: (pod) => findOwners(pod) })],
    indexes: [defineIndex(pods, controllerIndex, controllerIndexValues)],
    create(context) {
      const owners = context.informers.informer(kind.resource).lister;
      findOwners = (pod) => (controllerOf(pod) ? [] : matchingKeys(kind, owners.list(pod.metadata.namespace), pod));
      const manager = new ReplicaManager(kind, context);
      return { reconcile: (key) => manager.reconcile(key) };
    },
  });
}

/** An orphan concerns every owner whose selector matches it. */
function matchingKeys(kind: ReplicaOwnerKind, owners: readonly ReplicaOwner[], pod: KubeObject): string[] {
  return owners
    .filter((owner) => kind.selectorOf(owner).matches(pod.metadata.labels))
    .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
}
