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

/** Flags as upstream's kube-controller-manager has them. */
export const controllerManagerFlags = {
  kubeconfig: stringFlag({ help: "how to reach the apiserver's component port, and as whom" }),
  controllers: stringListFlag({
    help: "controllers to run: '*' is all, 'foo' adds, '-foo' leaves out",
    default: ["*"],
  }),
  "cluster-cidr": stringFlag({ help: "range the nodes' pod ranges are cut from", default: "10.244.0.0/16" }),
  "allocate-node-cidrs": booleanFlag({ help: "give every node a pod range", default: true }),
  "node-cidr-mask-size": integerFlag({ help: "size of a node's pod range", default: 24, min: 8, max: 32 }),
  "node-monitor-period": durationMsFlag({ help: "how often node health is looked at", default: 5_000 }),
  "node-monitor-grace-period": durationMsFlag({
    help: "silence after which a node counts as not reachable",
    default: 50_000,
  }),
  "root-ca-file": stringFlag({ help: "authority published to every namespace and put into tokens", default: "" }),
  "service-account-private-key-file": stringFlag({ help: "key that signs tokens kept in Secrets", default: "" }),
  "legacy-service-account-token-clean-up-period": durationMsFlag({
    help: "how long a token that was made automatically is not used before it is marked, and then before it goes",
    default: 31_536_000_000,
  }),
  "terminated-pod-gc-threshold": integerFlag({
    help: "finished pods kept before the oldest are deleted; 0 keeps all",
    default: 12_500,
    min: 0,
  }),
  "resource-quota-sync-period": durationMsFlag({
    help: "how often what a namespace uses is counted anew, whatever happens",
    default: 300_000,
  }),
  "leader-elect": booleanFlag({ help: "wait for leadership before working", default: true }),
  "leader-elect-lease-duration": durationMsFlag({ help: "how long a silent leader keeps the lease", default: 15_000 }),
  "leader-elect-renew-deadline": durationMsFlag({ help: "how long the leader tries to renew", default: 10_000 }),
  "leader-elect-retry-period": durationMsFlag({ help: "pause between tries", default: 2_000 }),
  "leader-elect-resource-name": stringFlag({ help: "name of the Lease", default: "kube-controller-manager" }),
  "leader-elect-resource-namespace": stringFlag({ help: "namespace of the Lease", default: "kube-system" }),
  "bind-address": stringFlag({ help: "address of health checks and metrics", default: "127.0.0.1" }),
  "secure-port": portFlag({ help: "port of health checks and metrics (plain HTTP, loopback)", default: 10257 }),
} satisfies FlagSet;

export type ControllerManagerConfig = FlagValues<typeof controllerManagerFlags>;
