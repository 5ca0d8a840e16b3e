import type {
  V1Container,
  V1ContainerState,
  V1ContainerStatus,
  V1Pod,
  V1PodCondition,
  V1PodStatus,
} from "@drydock/kube-api";
import { newestContainer, newestSandbox, type RuntimeContainer, type RuntimePod } from "../runtime/runtime.ts";
import { containersOf, initContainersOf, isSidecar, shouldRestart } from "./container-spec.ts";
import { computeQosClass } from "./qos-class.ts";

/** Why a container does not run although it should, as the worker found out on its last pass. */
export interface WaitingReason {
  readonly reason: string;
  readonly message: string;
}

export interface StatusInput {
  readonly pod: V1Pod;
  readonly runtime: RuntimePod | undefined;
  readonly nowMs: number;
  readonly hostIp: string;
  readonly waiting: ReadonlyMap<string, WaitingReason>;
  /** Termination messages by container id. */
  readonly terminationMessages: ReadonlyMap<string, string>;
  isStarted(containerId: string, container: V1Container): boolean;
  isReady(containerId: string, container: V1Container): boolean;
  /** Set when the kubelet ended the pod for good (eviction, deadline): phase, reason and message are then fixed. */
  readonly terminal?: { readonly reason: string; readonly message: string };
}

/** The status that tells the cluster how the pod fares. Pure; keeps the transition times of conditions that did not change. */
export function computePodStatus(input: StatusInput): V1PodStatus {
  const { pod, runtime } = input;
  const initStatuses = initContainersOf(pod).map((container) => containerStatus(input, container, true));
  const statuses = containersOf(pod).map((container) => containerStatus(input, container, false));
  const phase = input.terminal ? "Failed" : computePhase(input, initStatuses, statuses);
  const sandbox = newestSandbox(runtime);
  const podIp = pod.spec?.hostNetwork ? input.hostIp : (sandbox?.ip ?? "");
  return {
    phase,
    ...(input.terminal ?? {}),
    conditions: conditions(input, phase, initStatuses, statuses),
    hostIP: input.hostIp,
    hostIPs: [{ ip: input.hostIp }],
    ...(podIp ? { podIP: podIp, podIPs: [{ ip: podIp }] } : {}),
    startTime: pod.status?.startTime ?? timestamp(input.nowMs),
    ...(initStatuses.length > 0 ? { initContainerStatuses: initStatuses } : {}),
    containerStatuses: statuses,
    qosClass: pod.status?.qosClass ?? computeQosClass(pod),
    ...(pod.status?.nominatedNodeName ? { nominatedNodeName: pod.status.nominatedNodeName } : {}),
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
  };
}

export function timestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

function containerStatus(input: StatusInput, container: V1Container, isInit: boolean): V1ContainerStatus {
  const current = newestContainer(input.runtime, container.name);
  const earlier = input.runtime?.containers.find(
    (other) => other.name === container.name && other.attempt < (current?.attempt ?? 0),
  );
  const state = containerState(input, container, current);
  const isRunning = state.running !== undefined;
  const isReady =
    isInit && !isSidecar(container)
      ? state.terminated?.exitCode === 0
      : isRunning && input.isReady(current?.id ?? "", container);
  // While a restart waits, the end it waits after is the last state.
  const last = state.waiting && current?.state === "exited" ? current : earlier;
  return {
    name: container.name,
    image: current?.image ?? container.image ?? "",
    imageID: current?.imageId ? `docker://${current.imageId}` : "",
    ...(current ? { containerID: `docker://${current.id}` } : {}),
    restartCount: current?.attempt ?? 0,
    ready: isReady ?? false,
    started: isRunning && input.isStarted(current?.id ?? "", container),
    state,
    lastState: last ? { terminated: terminated(input, last) } : {},
  };
}

function containerState(
  input: StatusInput,
  container: V1Container,
  current: RuntimeContainer | undefined,
): V1ContainerState {
  const waiting = input.waiting.get(container.name);
  if (current?.state === "running") return { running: { startedAt: timestamp(current.startedAtMs) } };
  if (waiting) return { waiting: { reason: waiting.reason, ...(waiting.message ? { message: waiting.message } : {}) } };
  if (current?.state === "exited") return { terminated: terminated(input, current) };
  return {
    waiting: {
      reason:
        isInitialised(input) || initContainersOf(input.pod).includes(container)
          ? "ContainerCreating"
          : "PodInitializing",
    },
  };
}

function terminated(input: StatusInput, container: RuntimeContainer): NonNullable<V1ContainerState["terminated"]> {
  const message = input.terminationMessages.get(container.id) || container.error;
  const isStartFailure = container.startedAtMs === 0;
  const reason = isStartFailure
    ? "StartError"
    : container.isOomKilled
      ? "OOMKilled"
      : container.exitCode === 0
        ? "Completed"
        : "Error";
  return {
    exitCode: container.exitCode,
    reason,
    ...(message ? { message } : {}),
    startedAt: timestamp(container.startedAtMs),
    finishedAt: timestamp(container.finishedAtMs || container.createdAtMs),
    containerID: `docker://${container.id}`,
  };
}

function isInitialised(input: StatusInput): boolean {
  return initContainersOf(input.pod).every((container) => {
    const current = newestContainer(input.runtime, container.name);
    if (isSidecar(container)) return current?.state === "running" && input.isStarted(current.id, container);
    return current?.state === "exited" && current.exitCode === 0;
  });
}

/** Upstream's getPhase: initialisation first, then running, then how they ended. */
function computePhase(
  input: StatusInput,
  initStatuses: readonly V1ContainerStatus[],
  statuses: readonly V1ContainerStatus[],
): string {
  const { pod, runtime } = input;
  const hasStarted = containersOf(pod).some((container) => newestContainer(runtime, container.name)?.startedAtMs);
  const failedInit = initStatuses.some(
    (status, index) =>
      !isSidecar(initContainersOf(pod)[index] as V1Container) && (status.state?.terminated?.exitCode ?? 0) !== 0,
  );
  if (failedInit && pod.spec?.restartPolicy === "Never") return "Failed";
  if (!hasStarted && !isInitialised(input)) return "Pending";
  const ended = containersOf(pod).map((container) => endState(pod, container, runtime));
  if (statuses.some((status) => status.state?.waiting && !status.lastState?.terminated)) return "Pending";
  if (ended.some((end) => end === "running")) return "Running";
  return ended.every((end) => end === "succeeded") ? "Succeeded" : "Failed";
}

function endState(
  pod: V1Pod,
  container: V1Container,
  runtime: RuntimePod | undefined,
): "running" | "succeeded" | "failed" {
  const current = newestContainer(runtime, container.name);
  if (current?.state !== "exited") return "running";
  // A pod that is being deleted restarts nothing.
  if (!pod.metadata.deletionTimestamp && shouldRestart(pod, container, current)) return "running";
  return current.exitCode === 0 ? "succeeded" : "failed";
}

function conditions(
  input: StatusInput,
  phase: string,
  initStatuses: readonly V1ContainerStatus[],
  statuses: readonly V1ContainerStatus[],
): V1PodCondition[] {
  const { pod } = input;
  const isOver = phase === "Succeeded" || phase === "Failed";
  const reason = phase === "Succeeded" ? "PodCompleted" : "PodFailed";
  const notInitialised = initStatuses.filter(
    (status, index) => !isInitDone(status, initContainersOf(pod)[index] as V1Container),
  );
  const unready = statuses.filter((status) => !status.ready).map((status) => status.name);
  const isInitialisedNow = phase === "Succeeded" || notInitialised.length === 0;
  const ready: Partial<V1PodCondition> = isOver
    ? { status: "False", reason }
    : unready.length > 0
      ? {
          status: "False",
          reason: "ContainersNotReady",
          message: `containers with unready status: [${unready.join(" ")}]`,
        }
      : { status: "True" };
  const gates = (pod.spec?.readinessGates ?? [])
    .filter((gate) => !isConditionTrue(pod, gate.conditionType))
    .map((gate) => gate.conditionType);
  const podReady: Partial<V1PodCondition> =
    ready.status === "True" && gates.length > 0
      ? {
          status: "False",
          reason: "ReadinessGatesNotReady",
          message: `the status of pod readiness gate ${gates.map((gate) => `"${gate}"`).join(", ")} is not "True"`,
        }
      : ready;
  const hasSandbox = newestSandbox(input.runtime)?.state === "running";
  const own: (Partial<V1PodCondition> & { type: string })[] = [
    { type: "PodReadyToStartContainers", status: hasSandbox ? "True" : "False" },
    {
      type: "Initialized",
      status: isInitialisedNow ? "True" : "False",
      ...(phase === "Succeeded" ? { reason: "PodCompleted" } : {}),
      ...(isInitialisedNow
        ? {}
        : {
            reason: "ContainersNotInitialized",
            message: `containers with incomplete status: [${notInitialised.map((status) => status.name).join(" ")}]`,
          }),
    },
    { type: "Ready", ...podReady },
    { type: "ContainersReady", ...ready },
    { type: "PodScheduled", status: "True" },
  ];
  const merged = own.map((condition) => withTransitionTime(input, condition));
  const others = (pod.status?.conditions ?? []).filter(
    (condition) => !own.some((mine) => mine.type === condition.type),
  );
  return [...merged, ...others];
}

function isInitDone(status: V1ContainerStatus, container: V1Container): boolean {
  return isSidecar(container) ? status.started === true : status.state?.terminated?.exitCode === 0;
}

function isConditionTrue(pod: V1Pod, type: string): boolean {
  return (pod.status?.conditions ?? []).some((condition) => condition.type === type && condition.status === "True");
}

function withTransitionTime(input: StatusInput, condition: Partial<V1PodCondition> & { type: string }): V1PodCondition {
  const old = input.pod.status?.conditions?.find((candidate) => candidate.type === condition.type);
  const isSame = old?.status === condition.status;
  return {
    status: "Unknown",
    ...condition,
    ...(input.pod.metadata.generation === undefined ? {} : { observedGeneration: input.pod.metadata.generation }),
    lastTransitionTime: isSame && old?.lastTransitionTime ? old.lastTransitionTime : timestamp(input.nowMs),
  };
}
