import type { V1ClusterRole } from "@drydock/kube-api";
import { EVENTS, READ, role, rule } from "./role-parts.ts";

const CSR = "certificatesigningrequests";

/** May vouch for requests to one of the cluster's own signers. */
const approver = (name: string, signer: string) =>
  role(`system:certificates.k8s.io:${name}`, [
    rule(["certificates.k8s.io"], ["signers"], ["approve"], [`kubernetes.io/${signer}`]),
  ]);

/** May ask for a certificate of the kind that the subresource names, which approvers look for. */
const requester = (kind: string) =>
  role(`system:certificates.k8s.io:certificatesigningrequests:${kind}`, [
    rule(["certificates.k8s.io"], [`${CSR}/${kind}`], ["create"]),
  ]);

/** The roles of the cluster's own parts and of those who extend it. */
export const systemClusterRoles: readonly V1ClusterRole[] = [
  role("system:heapster", [rule([""], ["events", "namespaces", "nodes", "pods"], READ)]),
  // Bound to nobody: the Node authorizer speaks for kubelets.
  role("system:node", [rule([""], ["nodes", "pods", "services"], READ)]),
  role("system:node-bootstrapper", [rule(["certificates.k8s.io"], [CSR], ["create", ...READ])]),
  role("system:node-problem-detector", [
    rule([""], ["nodes"], ["get"]),
    rule([""], ["nodes/status"], ["patch"]),
    EVENTS,
  ]),
  role("system:kubelet-api-admin", [
    rule([""], ["nodes"], READ),
    rule([""], ["nodes"], ["proxy"]),
    rule(
      [""],
      ["nodes/configz", "nodes/healthz", "nodes/log", "nodes/metrics", "nodes/pods", "nodes/proxy", "nodes/stats"],
      ["*"],
    ),
  ]),
  role("system:auth-delegator", [
    rule(["authentication.k8s.io"], ["tokenreviews"], ["create"]),
    rule(["authorization.k8s.io"], ["subjectaccessreviews"], ["create"]),
  ]),
  role("system:kube-aggregator", [rule([""], ["endpoints", "services"], READ)]),
  role("system:kube-dns", [rule([""], ["endpoints", "services"], ["list", "watch"])]),
  role("system:persistent-volume-provisioner", [
    rule([""], ["persistentvolumes"], ["create", "delete", ...READ]),
    rule([""], ["persistentvolumeclaims"], [...READ, "update"]),
    rule(["storage.k8s.io"], ["storageclasses"], READ),
    rule([""], ["events"], ["watch"]),
    EVENTS,
  ]),
  role("system:volume-scheduler", [
    rule([""], ["persistentvolumes"], [...READ, "patch", "update"]),
    rule(["storage.k8s.io"], ["storageclasses"], READ),
    rule([""], ["persistentvolumeclaims"], [...READ, "patch", "update"]),
  ]),
  requester("nodeclient"),
  requester("selfnodeclient"),
  approver("kube-apiserver-client-approver", "kube-apiserver-client"),
  approver("kube-apiserver-client-kubelet-approver", "kube-apiserver-client-kubelet"),
  approver("kubelet-serving-approver", "kubelet-serving"),
  approver("legacy-unknown-approver", "legacy-unknown"),
  role("system:node-proxier", [
    rule([""], ["endpoints", "services"], ["list", "watch"]),
    rule([""], ["nodes"], READ),
    rule(["networking.k8s.io"], ["servicecidrs"], ["list", "watch"]),
    rule(["discovery.k8s.io"], ["endpointslices"], ["list", "watch"]),
    EVENTS,
  ]),
  role("system:kube-scheduler", [
    EVENTS,
    rule(["coordination.k8s.io"], ["leases"], ["create", "get", "list", "update", "watch", "patch"]),
    rule([""], ["nodes", "namespaces", "services", "replicationcontrollers"], READ),
    rule([""], ["pods"], ["delete", "get", "list", "watch"]),
    rule([""], ["bindings", "pods/binding"], ["create"]),
    rule([""], ["pods/status"], ["patch", "update"]),
    rule([""], ["pods/finalizers"], ["update"]),
    rule(["apps"], ["replicasets", "statefulsets"], READ),
    rule(["scheduling.k8s.io"], ["priorityclasses"], READ),
    rule(["policy"], ["poddisruptionbudgets"], READ),
    rule([""], ["persistentvolumeclaims", "persistentvolumes"], [...READ, "patch", "update"]),
    rule(
      ["storage.k8s.io"],
      ["csidrivers", "csinodes", "csistoragecapacities", "storageclasses", "volumeattachments"],
      READ,
    ),
    rule(["resource.k8s.io"], ["deviceclasses", "resourceslices"], READ),
    rule(["resource.k8s.io"], ["resourceclaims"], ["create", ...READ, "patch", "update"]),
    rule(["resource.k8s.io"], ["resourceclaims/status"], ["patch", "update"]),
    rule(["authentication.k8s.io"], ["tokenreviews"], ["create"]),
    rule(["authorization.k8s.io"], ["subjectaccessreviews"], ["create"]),
  ]),
  // All controllers share one identity here, so its role holds what upstream gives to each (system:controller:*).
  role("system:kube-controller-manager", [
    EVENTS,
    rule(["coordination.k8s.io"], ["leases"], ["create", "get", "list", "update", "watch", "patch"]),
    rule(["*"], ["*"], [...READ, "delete", "patch", "update"]),
    rule(
      [""],
      [
        "configmaps",
        "endpoints",
        "persistentvolumeclaims",
        "persistentvolumes",
        "pods",
        "pods/eviction",
        "secrets",
        "serviceaccounts",
        "serviceaccounts/token",
      ],
      ["create"],
    ),
    rule(["apps"], ["controllerrevisions", "replicasets"], ["create"]),
    rule(["batch"], ["jobs"], ["create"]),
    rule(["discovery.k8s.io"], ["endpointslices"], ["create"]),
    rule(["resource.k8s.io"], ["resourceclaims"], ["create"]),
    rule(["storage.k8s.io"], ["volumeattachments"], ["create"]),
    rule(["networking.k8s.io"], ["ipaddresses", "servicecidrs"], ["create"]),
    rule(["certificates.k8s.io"], ["signers"], ["approve", "sign"]),
    rule([""], ["namespaces/finalize"], ["update"]),
    rule(["*"], ["*"], ["deletecollection"]),
    rule(["rbac.authorization.k8s.io"], ["clusterroles"], ["escalate"]),
    rule(["authentication.k8s.io"], ["tokenreviews"], ["create"]),
    rule(["authorization.k8s.io"], ["subjectaccessreviews"], ["create"]),
  ]),
];
