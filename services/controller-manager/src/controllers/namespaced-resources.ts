import type { KubeObject } from "@drydock/apimachinery";
import {
  configMaps,
  controllerRevisions,
  daemonSets,
  deployments,
  endpointSlices,
  endpoints,
  events,
  ingresses,
  leases,
  pods,
  type ResourceRef,
  replicaSets,
  replicationControllers,
  roleBindings,
  roles,
  secrets,
  serviceAccounts,
  services,
} from "@drydock/kube-api";

const ref = (resource: unknown) => resource as ResourceRef<KubeObject>;

/** Everything that lives in namespaces, in the order in which it should go: what makes others first, what others need last. */
export const namespacedResources: readonly ResourceRef<KubeObject>[] = [
  deployments,
  daemonSets,
  replicaSets,
  replicationControllers,
  ingresses,
  services,
  pods,
  endpointSlices,
  endpoints,
  controllerRevisions,
  configMaps,
  secrets,
  roleBindings,
  roles,
  serviceAccounts,
  leases,
  events,
].map(ref);

/** What the garbage collector follows: kinds that own or are owned. */
export const collectableResources: readonly ResourceRef<KubeObject>[] = [
  deployments,
  daemonSets,
  replicaSets,
  replicationControllers,
  pods,
  services,
  endpointSlices,
  endpoints,
  controllerRevisions,
  configMaps,
  secrets,
  leases,
  serviceAccounts,
  ingresses,
].map(ref);
