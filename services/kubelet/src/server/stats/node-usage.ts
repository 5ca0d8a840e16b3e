import type { V1Pod } from "@drydock/kube-api";
import type { ContainerStats } from "../../runtime/runtime.ts";
import type { InterfaceUsage, MachineUsage } from "./machine.ts";

/** What a node and its pods use, as of one moment. */
export interface NodeUsage {
  readonly nodeName: string;
  readonly atMs: number;
  readonly machine: MachineUsage;
  /** Undefined until there is something to compare with. */
  readonly cpuNanoCores: number | undefined;
  readonly pods: readonly PodUsage[];
}

export interface PodUsage {
  readonly pod: V1Pod;
  readonly startedAtMs: number;
  readonly containers: readonly ContainerUsage[];
  readonly interfaces: readonly InterfaceUsage[];
}

export interface ContainerUsage extends ContainerStats {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly startedAtMs: number;
  readonly atMs: number;
  readonly cpuNanoCores: number | undefined;
}
