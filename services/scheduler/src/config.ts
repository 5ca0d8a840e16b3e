import { booleanFlag, type FlagSet, type FlagValues, portFlag, stringFlag } from "@drydock/component";

/** Flags as upstream's kube-scheduler has them. */
export const schedulerFlags = {
  kubeconfig: stringFlag({ help: "how to reach the apiserver's component port, and as whom" }),
  "leader-elect": booleanFlag({ help: "work only while leader", default: true }),
  "bind-address": stringFlag({ help: "address of health checks and metrics", default: "127.0.0.1" }),
  "secure-port": portFlag({ help: "port of health checks and metrics", default: 10259 }),
} satisfies FlagSet;

export type SchedulerConfig = FlagValues<typeof schedulerFlags>;
