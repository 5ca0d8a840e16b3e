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
  nodes,
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

/** What the garbage collector follows: everything in namespaces but events, and the cluster's kinds that own something. */
export const collectableResources: readonly ResourceRef<KubeObject>[] = [
  ...namespacedResources.filter(({ resource }) => resource !== events.resource),
  ref(nodes),
];
