import type { RoleTable } from "./role-table.ts";

/** Roles of one namespace each, by `namespace/name`. */
export const namespacedRules: RoleTable = {
  "kube-public/system:controller:bootstrap-signer": [
    "core | configmaps | get list watch",
    "core | configmaps | update | cluster-info",
    "core events.k8s.io | events | create patch update",
  ],
  "kube-system/extension-apiserver-authentication-reader": [
    "core | configmaps | get list watch | extension-apiserver-authentication",
  ],
  "kube-system/system::leader-locking-kube-controller-manager": [
    "coordination.k8s.io | leases | create get list update watch",
    "coordination.k8s.io | leasecandidates | create get list update watch",
  ],
  "kube-system/system::leader-locking-kube-scheduler": [
    "coordination.k8s.io | leases | create get list update watch",
    "coordination.k8s.io | leasecandidates | create get list update watch",
  ],
  "kube-system/system:controller:bootstrap-signer": ["core | secrets | get list watch"],
  "kube-system/system:controller:cloud-provider": ["core | configmaps | create get list watch"],
  "kube-system/system:controller:token-cleaner": [
    "core | secrets | delete get list watch",
    "core events.k8s.io | events | create patch update",
  ],
};
