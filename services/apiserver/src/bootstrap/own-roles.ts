import type { V1ClusterRole } from "@drydock/kube-api";
import { clusterRole } from "./role-table.ts";

export const OWN_CONTROLLERS = "drydock:controllers";

/** All our controllers share the identity of their process, so this role holds what upstream gives to each (`system:controller:*`). */
export const ownControllersRole: V1ClusterRole = clusterRole(OWN_CONTROLLERS, [
  "* | * | get list watch delete deletecollection patch update",
  "core | configmaps endpoints persistentvolumeclaims persistentvolumes pods pods/eviction | create",
  "apps | controllerrevisions replicasets | create",
  "batch | jobs | create",
  "discovery.k8s.io | endpointslices | create",
  "resource.k8s.io | resourceclaims | create",
  "storage.k8s.io | volumeattachments | create",
  "networking.k8s.io | ipaddresses servicecidrs | create",
  "certificates.k8s.io | signers | approve sign",
  "rbac.authorization.k8s.io | clusterroles | escalate",
]);

export const OWN_KUBELETS = "drydock:kubelets";

/** Our kubelets set up routes to each other's pods, so they know of all nodes. */
export const ownKubeletsRole: V1ClusterRole = clusterRole(OWN_KUBELETS, ["core | nodes | get list watch"]);
