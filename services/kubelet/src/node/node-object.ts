import type { V1ContainerImage, V1Node, V1NodeCondition, V1NodeStatus } from "@drydock/kube-api";
import { timestamp } from "../pods/pod-status.ts";
import type { RuntimeImage } from "../runtime/runtime.ts";

/** What a node reports of itself. */
export interface NodeFacts {
  readonly name: string;
  readonly ip: string;
  readonly cpuCount: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly maxPods: number;
  readonly port: number;
  readonly runtime: {
    readonly name: string;
    readonly version: string;
    readonly kernelVersion: string;
    readonly osImage: string;
  };
  readonly machineId: string;
  readonly bootId: string;
  readonly architecture: string;
  readonly labels: Readonly<Record<string, string>>;
}

const KUBELET_VERSION = "v1.36.0";
/** Upstream's default for the images a node reports. */
const MAX_IMAGES = 50;

/** The Node object a kubelet registers. */
export function newNode(facts: NodeFacts): V1Node {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name: facts.name,
      labels: nodeLabels(facts),
      annotations: { "volumes.kubernetes.io/controller-managed-attach-detach": "true" },
    },
    spec: {},
  };
}

export function nodeLabels(facts: NodeFacts): Record<string, string> {
  return {
    "beta.kubernetes.io/arch": facts.architecture,
    "beta.kubernetes.io/os": "linux",
    "kubernetes.io/arch": facts.architecture,
    "kubernetes.io/hostname": facts.name,
    "kubernetes.io/os": "linux",
    ...facts.labels,
  };
}

export function allocatable(facts: NodeFacts): { cpu: string; memory: string } & Record<string, string> {
  return {
    cpu: String(facts.cpuCount),
    "ephemeral-storage": `${Math.floor(facts.diskBytes / 1024)}Ki`,
    memory: `${Math.floor(facts.memoryBytes / 1024)}Ki`,
    pods: String(facts.maxPods),
  };
}

export interface NodeHealth {
  /** Undefined when the node can run pods; else why not, as the Ready condition says it. */
  readonly notReady: string | undefined;
  readonly isDiskPressed: boolean;
  readonly isMemoryPressed: boolean;
}

/** The status to report now. Transition times of conditions that did not change are kept. */
export function nodeStatus(
  facts: NodeFacts,
  health: NodeHealth,
  images: readonly RuntimeImage[],
  old: V1NodeStatus | undefined,
  nowMs: number,
): V1NodeStatus {
  return {
    addresses: [
      { type: "InternalIP", address: facts.ip },
      { type: "Hostname", address: facts.name },
    ],
    capacity: allocatable(facts),
    allocatable: allocatable(facts),
    conditions: conditions(health).map((condition) => withTimes(condition, old, nowMs)),
    daemonEndpoints: { kubeletEndpoint: { Port: facts.port } },
    images: largestImages(images),
    nodeInfo: {
      architecture: facts.architecture,
      bootID: facts.bootId,
      containerRuntimeVersion: `${facts.runtime.name}://${facts.runtime.version}`,
      kernelVersion: facts.runtime.kernelVersion,
      kubeProxyVersion: "",
      kubeletVersion: KUBELET_VERSION,
      machineID: facts.machineId,
      operatingSystem: "linux",
      osImage: facts.runtime.osImage,
      systemUUID: facts.machineId,
    },
  };
}

type BareCondition = Pick<V1NodeCondition, "type" | "status" | "reason" | "message">;

function conditions({ notReady, isDiskPressed, isMemoryPressed }: NodeHealth): BareCondition[] {
  return [
    isMemoryPressed
      ? {
          type: "MemoryPressure",
          status: "True",
          reason: "KubeletHasInsufficientMemory",
          message: "kubelet has insufficient memory available",
        }
      : {
          type: "MemoryPressure",
          status: "False",
          reason: "KubeletHasSufficientMemory",
          message: "kubelet has sufficient memory available",
        },
    isDiskPressed
      ? { type: "DiskPressure", status: "True", reason: "KubeletHasDiskPressure", message: "kubelet has disk pressure" }
      : {
          type: "DiskPressure",
          status: "False",
          reason: "KubeletHasNoDiskPressure",
          message: "kubelet has no disk pressure",
        },
    {
      type: "PIDPressure",
      status: "False",
      reason: "KubeletHasSufficientPID",
      message: "kubelet has sufficient PID available",
    },
    notReady === undefined
      ? { type: "Ready", status: "True", reason: "KubeletReady", message: "kubelet is posting ready status" }
      : { type: "Ready", status: "False", reason: "KubeletNotReady", message: notReady },
  ];
}

function withTimes(condition: BareCondition, old: V1NodeStatus | undefined, nowMs: number): V1NodeCondition {
  const before = old?.conditions?.find((candidate) => candidate.type === condition.type);
  const now = timestamp(nowMs);
  const isSame = before?.status === condition.status && before.lastTransitionTime !== undefined;
  return { ...condition, lastHeartbeatTime: now, lastTransitionTime: isSame ? before.lastTransitionTime : now };
}

function largestImages(images: readonly RuntimeImage[]): V1ContainerImage[] {
  return [...images]
    .filter((image) => image.names.length > 0)
    .sort((a, b) => b.sizeBytes - a.sizeBytes)
    .slice(0, MAX_IMAGES)
    .map((image) => ({ names: image.names.slice(0, 5), sizeBytes: image.sizeBytes }));
}
