import { durationMsFlag, type FlagSet, type FlagValues, portFlag, stringFlag } from "@drydock/component";

/** Flags as upstream's kube-proxy has them. */
export const kubeProxyFlags = {
  kubeconfig: stringFlag({ help: "how to reach the apiserver's component port, and as whom" }),
  "hostname-override": stringFlag({ help: "name of the node whose rules these are" }),
  "cluster-cidr": stringFlag({
    help: "range of pod addresses; traffic from outside it is masqueraded",
    default: "10.244.0.0/16",
  }),
  "iptables-min-sync-period": durationMsFlag({ help: "least time between two syncs", default: 200 }),
  "iptables-sync-period": durationMsFlag({ help: "a full sync this often", default: 30_000 }),
  "healthz-bind-address": stringFlag({ help: "address of health checks", default: "127.0.0.1" }),
  "healthz-port": portFlag({ help: "port of health checks and metrics", default: 10256 }),
} satisfies FlagSet;

export type KubeProxyConfig = FlagValues<typeof kubeProxyFlags>;
