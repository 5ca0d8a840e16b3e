import {
  booleanFlag,
  durationMsFlag,
  type FlagSet,
  type FlagValues,
  integerFlag,
  portFlag,
  stringFlag,
  stringListFlag,
} from "@drydock/component";
import { auditFlags } from "./audit/audit-flags.ts";
import { authenticationFlags } from "./authentication/authentication-flags.ts";
import { authorizationFlags } from "./authorization/authorization-flags.ts";

/** Flags as upstream's kube-apiserver has them. */
export const apiserverFlags = {
  "etcd-servers": stringListFlag({ help: "members of the store" }),
  "etcd-cafile": stringFlag({ help: "authority of the store's certificates", default: "" }),
  "etcd-certfile": stringFlag({ help: "client certificate for the store", default: "" }),
  "etcd-keyfile": stringFlag({ help: "client key for the store", default: "" }),
  "bind-address": stringFlag({ help: "address to listen on", default: "0.0.0.0" }),
  "secure-port": portFlag({ help: "port of the REST API", default: 6443 }),
  "component-port": portFlag({ help: "port of the components' gRPC API (not upstream's)", default: 6444 }),
  "advertise-address": stringFlag({ help: "address under which the cluster reaches this server" }),
  "tls-cert-file": stringFlag({ help: "certificate" }),
  "tls-private-key-file": stringFlag({ help: "private key" }),
  ...authenticationFlags,
  "kubelet-certificate-authority": stringFlag({ help: "authority of kubelets' certificates", default: "" }),
  "kubelet-client-certificate": stringFlag({ help: "certificate shown to kubelets", default: "" }),
  "kubelet-client-key": stringFlag({ help: "key shown to kubelets", default: "" }),
  "proxy-client-cert-file": stringFlag({ help: "certificate shown to servers of aggregated APIs", default: "" }),
  "proxy-client-key-file": stringFlag({ help: "key shown to servers of aggregated APIs", default: "" }),
  "enable-aggregator-routing": booleanFlag({
    help: "servers of aggregated APIs are reached at their endpoints, not at their Service's address",
    default: false,
  }),
  "webhooks-through-kubelets": booleanFlag({
    help: "webhooks, aggregated servers and proxied requests reach pods through their kubelets, for a server outside of the pods' network (not upstream's)",
    default: false,
  }),
  "service-cluster-ip-range": stringFlag({
    help: "range of cluster IPs, or one of each family, by comma",
    default: "10.96.0.0/12",
  }),
  "service-node-port-range": stringFlag({ help: "range of node ports", default: "30000-32767" }),
  ...authorizationFlags,
  "admission-control-config-file": stringFlag({
    help: "file that configures admission plugins (AdmissionConfiguration)",
    default: "",
  }),
  ...auditFlags,
  "encryption-provider-config": stringFlag({
    help: "file that says which resources are encrypted in the store, and with which keys",
    default: "",
  }),
  "allow-privileged": booleanFlag({ help: "pods may have privileged containers", default: false }),
  "enable-priority-and-fairness": booleanFlag({
    help: "requests share the server by FlowSchemas and PriorityLevelConfigurations; without it, two limits act",
    default: true,
  }),
  "max-requests-inflight": integerFlag({
    help: "reads worked on at the same time; with priority and fairness, the sum of both limits is shared out",
    default: 400,
    min: 1,
  }),
  "max-mutating-requests-inflight": integerFlag({ help: "writes worked on at the same time", default: 200, min: 1 }),
  "shutdown-delay-duration": durationMsFlag({
    help: "how long a server that is to stop, and says so, still serves",
    default: 0,
  }),
  "request-timeout": durationMsFlag({ help: "how long a request may take", default: 60_000 }),
} satisfies FlagSet;

export type ApiserverConfig = FlagValues<typeof apiserverFlags>;
