import type { KubeObject } from "@drydock/apimachinery";
import {
  configMaps,
  controllerRevisions,
  cronJobs,
  daemonSets,
  deployments,
  endpointSlices,
  endpoints,
  events,
  horizontalPodAutoscalers,
  ingresses,
  jobs,
  leases,
  nodes,
  podDisruptionBudgets,
  pods,
  type ResourceRef,
  replicaSets,
  replicationControllers,
  resourceClaims,
  resourceClaimTemplates,
  resourceSlices,
  roleBindings,
  roles,
  secrets,
  serviceAccounts,
  services,
  statefulSets,
} from "@drydock/kube-api";

const ref = (resource: unknown) => resource as ResourceRef<KubeObject>;

/** Everything that lives in namespaces, in the order in which it should go: what makes others first, what others need last. */
export const namespacedResources: readonly ResourceRef<KubeObject>[] = [
  horizontalPodAutoscalers,
  cronJobs,
  jobs,
  deployments,
  statefulSets,
  daemonSets,
  replicaSets,
  replicationControllers,
  ingresses,
  services,
  pods,
  endpointSlices,
  endpoints,
  podDisruptionBudgets,
  resourceClaims,
  resourceClaimTemplates,
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
  ref(resourceSlices),
];
