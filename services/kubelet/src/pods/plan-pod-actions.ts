import type { V1Container, V1Pod } from "@drydock/kube-api";
import { newestContainer, newestSandbox, type RuntimeContainer, type RuntimePod } from "../runtime/runtime.ts";
import { containersOf, initContainersOf, isSidecar, shouldRestart, specHash } from "./container-spec.ts";

/** What the probes last said of a container; absent means not known yet. */
export interface ProbeView {
  isStarted(containerId: string, container: V1Container): boolean;
  /** The liveness (or startup) probe has given the container up. */
  hasFailed(containerId: string): ProbeFailure | undefined;
}

export interface ProbeFailure {
  readonly kind: "liveness" | "startup";
}

export interface PlanInput {
  readonly pod: V1Pod;
  readonly runtime: RuntimePod | undefined;
  readonly nowMs: number;
  readonly probes: ProbeView;
  /** When the container that ended last may run again (crash-loop back-off). */
  readyAtMs(container: V1Container, last: RuntimeContainer): number;
}

export interface ContainerStart {
  readonly container: V1Container;
  readonly isInit: boolean;
  readonly attempt: number;
  /** Set when this is a restart: the end that it follows. */
  readonly afterFinishedAtMs?: number;
}

export interface ContainerKill {
  readonly containerId: string;
  readonly name: string;
  readonly reason: string;
  /** For the Killing event. */
  readonly message: string;
}

export interface BackoffWait {
  readonly containerName: string;
  readonly readyAtMs: number;
}

/** Steps towards the desired state, to be carried out in this order. One pass need not reach it: the worker plans again after each change. */
export interface PodActions {
  /** The sandbox is gone or dead: everything in the pod must end before a new one is made. */
  readonly killPod: boolean;
  /** Attempt number of the sandbox to create, if one is needed now. */
  readonly createSandbox: number | undefined;
  readonly kill: readonly ContainerKill[];
  readonly start: readonly ContainerStart[];
  readonly waits: readonly BackoffWait[];
}

const NOTHING: PodActions = { killPod: false, createSandbox: undefined, kill: [], start: [], waits: [] };

/** What must be done for a pod that should run, given what runs. Pure: the same input gives the same plan. */
export function planPodActions(input: PlanInput): PodActions {
  const sandbox = newestSandbox(input.runtime);
  const hasUsableSandbox = sandbox?.state === "running";
  if (!hasUsableSandbox) return planNewSandbox(input);
  return planContainers(input);
}

function planNewSandbox(input: PlanInput): PodActions {
  const { pod, runtime } = input;
  if (hasFinishedForGood(pod, runtime)) return NOTHING;
  const attempt = (newestSandbox(runtime)?.attempt ?? -1) + 1;
  return { ...NOTHING, killPod: attempt > 0, createSandbox: attempt, ...planStarts(input, attempt > 0) };
}

/** No container would run again, so a dead sandbox needs no successor. */
function hasFinishedForGood(pod: V1Pod, runtime: RuntimePod | undefined): boolean {
  const all = containersOf(pod);
  if (!runtime || all.length === 0) return false;
  return all.every((container) => {
    const last = newestContainer(runtime, container.name);
    return last?.state === "exited" && !shouldRestart(pod, container, last);
  });
}

function planContainers(input: PlanInput): PodActions {
  const kill = planKills(input);
  const killed = new Set(kill.map((entry) => entry.name));
  const { start, waits } = planStarts(input, false);
  return { ...NOTHING, kill, start: start.filter((entry) => !killed.has(entry.container.name)), waits };
}

function planKills({ pod, runtime, probes }: PlanInput): ContainerKill[] {
  const kills: ContainerKill[] = [];
  for (const container of [...initContainersOf(pod).filter(isSidecar), ...containersOf(pod)]) {
    const current = newestContainer(runtime, container.name);
    if (current?.state !== "running") continue;
    const failure = probes.hasFailed(current.id);
    const target = { containerId: current.id, name: container.name };
    if (current.specHash !== specHash(container)) {
      kills.push({ ...target, reason: "SpecChanged", message: `Container ${container.name} definition changed` });
    } else if (failure) {
      const restart = pod.spec?.restartPolicy === "Never" ? "" : ", will be restarted";
      kills.push({
        ...target,
        reason: "Unhealthy",
        message: `Container ${container.name} failed ${failure.kind} probe${restart}`,
      });
    }
  }
  return kills;
}

interface Starts {
  readonly start: readonly ContainerStart[];
  readonly waits: readonly BackoffWait[];
}

/** `isFresh`: the sandbox is a new one, so what ran in the old one counts as ended and init containers run again. */
function planStarts(input: PlanInput, isFresh: boolean): Starts {
  const blocked = planInitContainers(input, isFresh);
  if (blocked) return blocked;
  const start: ContainerStart[] = [];
  const waits: BackoffWait[] = [];
  const sidecars = initContainersOf(input.pod).filter(isSidecar);
  for (const container of sidecars) addStart(input, container, true, isFresh, start, waits);
  for (const container of containersOf(input.pod)) addStart(input, container, false, isFresh, start, waits);
  return { start, waits };
}

/** The next step of initialisation, or undefined when the pod is initialised. */
function planInitContainers(input: PlanInput, isFresh: boolean): Starts | undefined {
  const { pod, runtime, probes } = input;
  if (!isFresh && hasStartedMainContainers(input)) return undefined;
  const sidecars: ContainerStart[] = [];
  const waits: BackoffWait[] = [];
  for (const container of initContainersOf(pod)) {
    const last = isFresh ? undefined : currentAttempt(runtime, container.name);
    if (isSidecar(container)) {
      if (last?.state === "running" && probes.isStarted(last.id, container)) continue;
      if (last?.state !== "running") addStart(input, container, true, isFresh, sidecars, waits);
      return { start: sidecars, waits };
    }
    if (last?.state === "exited" && last.exitCode === 0) continue;
    if (last?.state === "running") return { start: sidecars, waits };
    if (last?.state === "exited" && pod.spec?.restartPolicy === "Never") return { start: sidecars, waits };
    addStart(input, container, true, isFresh, sidecars, waits);
    return { start: sidecars, waits };
  }
  return undefined;
}

function hasStartedMainContainers({ pod, runtime }: PlanInput): boolean {
  return containersOf(pod).some((container) => currentAttempt(runtime, container.name) !== undefined);
}

/** The newest attempt, if it belongs to the pod's present sandbox. */
function currentAttempt(runtime: RuntimePod | undefined, name: string): RuntimeContainer | undefined {
  const container = newestContainer(runtime, name);
  return container?.sandboxId === newestSandbox(runtime)?.id ? container : undefined;
}

function addStart(
  input: PlanInput,
  container: V1Container,
  isInit: boolean,
  isFresh: boolean,
  start: ContainerStart[],
  waits: BackoffWait[],
): void {
  const last = newestContainer(input.runtime, container.name);
  if (!last) {
    start.push({ container, isInit, attempt: firstAttempt(input.pod, container) });
    return;
  }
  const isOfThisSandbox = !isFresh && currentAttempt(input.runtime, container.name) !== undefined;
  if (isOfThisSandbox && last.state === "running") return;
  if (isOfThisSandbox && last.state === "created") {
    start.push({ container, isInit, attempt: last.attempt });
    return;
  }
  const endedAtMs = last.state === "exited" ? last.finishedAtMs || last.createdAtMs : input.nowMs;
  if (last.state === "exited" && !isFresh && !mayRunAgain(input.pod, container, last, isInit)) return;
  const readyAtMs = input.readyAtMs(container, last);
  if (last.state === "exited" && readyAtMs > input.nowMs) waits.push({ containerName: container.name, readyAtMs });
  else start.push({ container, isInit, attempt: last.attempt + 1, afterFinishedAtMs: endedAtMs });
}

/** The runtime has forgotten the container (somebody pruned it): go on counting where the API server's status stands. */
function firstAttempt(pod: V1Pod, container: V1Container): number {
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  const reported = statuses.find((status) => status.name === container.name);
  return reported?.containerID ? reported.restartCount + 1 : 0;
}

/** An image change restarts whatever the policy says about ends. Failed init containers run again unless the policy is Never. */
function mayRunAgain(pod: V1Pod, container: V1Container, last: RuntimeContainer, isInit: boolean): boolean {
  if (isInit && !isSidecar(container)) return last.exitCode !== 0 && pod.spec?.restartPolicy !== "Never";
  return shouldRestart(pod, container, last);
}
