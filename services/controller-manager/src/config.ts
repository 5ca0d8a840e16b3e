import {
  booleanFlag,
  durationMsFlag,
  type FlagSet,
  type FlagValues,
  integerFlag,
  portFlag,
  stringFlag,
} from "@drydock/component";

/** Flags as upstream's kube-controller-manager has them. */
export const controllerManagerFlags = {
  kubeconfig: stringFlag({ help: "how to reach the apiserver's component port, and as whom" }),
  "cluster-cidr": stringFlag({ help: "range of pod addresses", default: "10.244.0.0/16" }),
  "node-cidr-mask-size": integerFlag({ help: "bits of each node's share", default: 24, min: 16, max: 30 }),
  "allocate-node-cidrs": booleanFlag({ help: "give nodes their ranges", default: true }),
  "root-ca-file": stringFlag({ help: "authority that pods check the apiserver by" }),
  "service-account-private-key-file": stringFlag({ help: "key that signs tokens", default: "" }),
  "node-monitor-grace-period": durationMsFlag({ help: "a node silent for longer is unreachable", default: 50_000 }),
  "node-monitor-period": durationMsFlag({ help: "how often nodes are looked at", default: 5_000 }),
  "terminated-pod-gc-threshold": integerFlag({ help: "ended pods that are kept", default: 12_500 }),
  "leader-elect": booleanFlag({ help: "work only while leader", default: true }),
  "bind-address": stringFlag({ help: "address of health checks and metrics", default: "127.0.0.1" }),
  "secure-port": portFlag({ help: "port of health checks and metrics", default: 10257 }),
} satisfies FlagSet;

export type ControllerManagerConfig = FlagValues<typeof controllerManagerFlags>;
