import { StatusError } from "@drydock/apimachinery";
import type { Clock } from "@drydock/base";
import type { ApiClient, EventRecorder } from "@drydock/client";
import type { Logger } from "@drydock/component";
import { pods, type V1Pod, type V1PodStatus } from "@drydock/kube-api";
import type { DownwardContext } from "../container/downward-api.ts";
import type { ProbeManager } from "../probes/probe-manager.ts";
import {
  type ContainerRuntime,
  newestContainer,
  newestSandbox,
  type RuntimePod,
  type RuntimeSandbox,
} from "../runtime/runtime.ts";
import type { PodVolumes, VolumeManager } from "../volumes/volume-manager.ts";
import { backoffKey, containersOf, initContainersOf } from "./container-spec.ts";
import type { ContainerStarter } from "./container-starter.ts";
import type { CrashBackoff } from "./crash-backoff.ts";
import { type PodActions, planPodActions } from "./plan-pod-actions.ts";
import type { PodKiller } from "./pod-killer.ts";
import { computePodStatus, type WaitingReason } from "./pod-status.ts";
import type { SandboxStarter } from "./sandbox-starter.ts";
import type { StatusWriter } from "./status-writer.ts";
import type { TerminationLogs } from "./termination-log.ts";

export interface PodSyncerOptions {
  readonly client: ApiClient;
  readonly runtime: ContainerRuntime;
  readonly sandboxes: SandboxStarter;
  readonly containers: ContainerStarter;
  readonly volumes: VolumeManager;
  readonly killer: PodKiller;
  readonly probes: ProbeManager;
  readonly statuses: StatusWriter;
  readonly terminationLogs: TerminationLogs;
  readonly backoff: CrashBackoff;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly node: {
    readonly name: string;
    readonly ip: string;
    readonly allocatable: { readonly cpu: string; readonly memory: string };
  };
}

/** When to look again even if nothing is heard; undefined for "not before something happens". */
export interface SyncResult {
  readonly retryAtMs: number | undefined;
}

/** Even a quiet pod is looked at this often: missed events, changed config maps. */
const RESYNC_MS = 60_000;
const RETRY_MS = 5_000;

/** One pass over one pod: observe, plan, act, report. Never called for the same pod twice at a time. */
export class PodSyncer {
  readonly #options: PodSyncerOptions;
  /** By pod uid; only for what is not visible in the runtime. */
  readonly #waiting = new Map<string, Map<string, WaitingReason>>();
  readonly #messages = new Map<string, Map<string, string>>();

  constructor(options: PodSyncerOptions) {
    this.#options = options;
  }

  /** Towards running, as long as that is wanted: nothing is started any more of a pod that is to go, or all its grace would pass before it has gone. */
  async sync(pod: V1Pod, isWanted: () => boolean): Promise<SyncResult> {
    const uid = pod.metadata.uid ?? "";
    const observed = await this.#options.runtime.podStatus(uid);
    if (isOver(this.#options.statuses.newest(pod))) return this.#stopRest(pod, observed);
    const wakeups: number[] = [this.#options.clock.nowMs() + RESYNC_MS];
    const actions = this.#plan(pod, observed);
    const isIdle =
      !actions.killPod &&
      actions.createSandbox === undefined &&
      actions.kill.length === 0 &&
      actions.start.length === 0;
    await this.#act(pod, observed, actions, wakeups, isWanted);
    const now = isIdle ? observed : await this.#options.runtime.podStatus(uid);
    this.#syncProbes(pod, now);
    if (!(await this.#report(pod, now))) wakeups.push(this.#options.clock.nowMs() + RETRY_MS);
    return { retryAtMs: Math.min(...wakeups) };
  }

  /** Towards gone: the API server wants the pod deleted. Resolves when nothing of it is left, here and there. */
  async terminate(pod: V1Pod): Promise<SyncResult> {
    const uid = pod.metadata.uid ?? "";
    const graceSeconds = Number(
      pod.metadata.deletionGracePeriodSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? 30,
    );
    this.#options.probes.removePod(uid);
    const observed = await this.#options.runtime.podStatus(uid);
    await this.#options.killer.killAll(pod, observed, graceSeconds);
    this.#waiting.delete(uid);
    const ended = await this.#options.runtime.podStatus(uid);
    const isReported = await this.#report(pod, ended);
    await this.cleanUp(uid);
    if (!isReported) return { retryAtMs: this.#options.clock.nowMs() + RETRY_MS };
    try {
      const key = { namespace: pod.metadata.namespace ?? "", name: pod.metadata.name };
      await this.#options.client.delete(pods, key, { gracePeriodSeconds: 0, preconditions: { uid } });
      return { retryAtMs: undefined };
    } catch (error) {
      const status = StatusError.from(error);
      if (status.code === 404 || status.code === 409) return { retryAtMs: undefined };
      return { retryAtMs: this.#options.clock.nowMs() + RETRY_MS };
    }
  }

  /** What the runtime holds of a pod. */
  observe(uid: string): Promise<RuntimePod | undefined> {
    return this.#options.runtime.podStatus(uid);
  }

  /** Ends what still runs of a pod that the API server no longer knows. */
  async removeOrphan(orphan: RuntimePod, graceSeconds: number): Promise<void> {
    this.#options.probes.removePod(orphan.uid);
    const running = orphan.containers.filter((container) => container.state === "running");
    await Promise.all(running.map((container) => this.#options.runtime.stopContainer(container.id, graceSeconds)));
    await this.cleanUp(orphan.uid);
  }

  /** Removes containers, sandboxes, volumes and all memory of a pod whose containers have ended. */
  async cleanUp(uid: string): Promise<void> {
    const rest = await this.#options.runtime.podStatus(uid);
    for (const container of rest?.containers ?? []) await this.#options.runtime.removeContainer(container.id);
    for (const sandbox of rest?.sandboxes ?? []) await this.#options.sandboxes.remove(sandbox);
    await this.#options.volumes.tearDown(uid);
    this.#options.backoff.forget(`${uid}/`);
    this.#options.statuses.forget(uid);
    this.#waiting.delete(uid);
    this.#messages.delete(uid);
  }

  #plan(pod: V1Pod, runtime: RuntimePod | undefined): PodActions {
    const { backoff, probes, clock } = this.#options;
    return planPodActions({
      pod,
      runtime,
      nowMs: clock.nowMs(),
      probes,
      readyAtMs: (container, last) =>
        backoff.readyAtMs(backoffKey(pod, container), last.finishedAtMs || last.createdAtMs),
    });
  }

  async #act(
    pod: V1Pod,
    observed: RuntimePod | undefined,
    actions: PodActions,
    wakeups: number[],
    isWanted: () => boolean,
  ): Promise<void> {
    const uid = pod.metadata.uid ?? "";
    const graceSeconds = Number(pod.spec?.terminationGracePeriodSeconds ?? 30);
    const waiting = new Map<string, WaitingReason>();
    this.#waiting.set(uid, waiting);
    this.#noteCrashLoops(pod, actions, waiting, wakeups);
    if (actions.killPod) await this.#clearDeadSandbox(pod, observed, graceSeconds);
    for (const kill of actions.kill) {
      const target = observed?.containers.find((container) => container.id === kill.containerId);
      if (target) await this.#options.killer.killOne(pod, target, graceSeconds, kill.message);
    }
    const prepared = await this.#prepare(pod, observed, actions, wakeups, isWanted);
    if (!prepared) return;
    for (const start of actions.start) {
      if (!isWanted()) return;
      const result = await this.#options.containers.start(start, { pod, runtime: observed, isWanted, ...prepared });
      if (result.kind === "waiting") {
        waiting.set(start.container.name, result.waiting);
        wakeups.push(result.retryAtMs);
      }
    }
  }

  /** Volumes (kept current even when nothing starts) and the sandbox; undefined when the pod cannot go on yet. */
  async #prepare(
    pod: V1Pod,
    observed: RuntimePod | undefined,
    actions: PodActions,
    wakeups: number[],
    isWanted: () => boolean,
  ): Promise<{ sandboxId: string; volumes: PodVolumes; downward: DownwardContext } | undefined> {
    const { events, clock, volumes: manager, sandboxes } = this.#options;
    let volumes: PodVolumes;
    try {
      volumes = await manager.setUp(pod, this.#downward(pod, newestSandbox(observed)));
    } catch (error) {
      events.event(pod, "Warning", "FailedMount", `MountVolume.SetUp failed: ${(error as Error).message}`);
      wakeups.push(clock.nowMs() + RETRY_MS);
      return undefined;
    }
    if (volumes.refreshAtMs !== undefined) wakeups.push(volumes.refreshAtMs);
    let sandbox = newestSandbox(observed);
    if (!isWanted()) return undefined;
    if (actions.createSandbox !== undefined) {
      try {
        sandbox = await sandboxes.start(pod, actions.createSandbox, manager.sandboxMounts(volumes));
      } catch (error) {
        const text = `Failed to create pod sandbox: ${(error as Error).message}`;
        events.event(pod, "Warning", "FailedCreatePodSandBox", text);
        this.#options.logger.warn({ pod: pod.metadata.name, err: error }, "sandbox not created");
        wakeups.push(clock.nowMs() + RETRY_MS);
        return undefined;
      }
    }
    return { sandboxId: sandbox?.id ?? "", volumes, downward: this.#downward(pod, sandbox) };
  }

  async #clearDeadSandbox(pod: V1Pod, observed: RuntimePod | undefined, graceSeconds: number): Promise<void> {
    this.#options.events.event(
      pod,
      "Normal",
      "SandboxChanged",
      "Pod sandbox changed, it will be killed and re-created.",
    );
    await this.#options.killer.killAll(pod, observed, graceSeconds);
    for (const sandbox of observed?.sandboxes ?? []) await this.#options.sandboxes.remove(sandbox);
  }

  #noteCrashLoops(pod: V1Pod, actions: PodActions, waiting: Map<string, WaitingReason>, wakeups: number[]): void {
    const { backoff, events } = this.#options;
    const where = `${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`;
    for (const wait of actions.waits) {
      const container = [...initContainersOf(pod), ...containersOf(pod)].find(
        ({ name }) => name === wait.containerName,
      );
      const delay = formatDelay(container ? backoff.delayMs(backoffKey(pod, container)) : 0);
      waiting.set(wait.containerName, {
        reason: "CrashLoopBackOff",
        message: `back-off ${delay} restarting failed container=${wait.containerName} pod=${where}`,
      });
      const text = `Back-off restarting failed container ${wait.containerName} in pod ${where}`;
      events.event(pod, "Warning", "BackOff", text, `spec.containers{${wait.containerName}}`);
      wakeups.push(wait.readyAtMs);
    }
  }

  /** A pod that has ended for good runs nothing; its containers stay for their logs. */
  async #stopRest(pod: V1Pod, observed: RuntimePod | undefined): Promise<SyncResult> {
    this.#options.probes.removePod(pod.metadata.uid ?? "");
    await this.#options.killer.killAll(pod, observed, Number(pod.spec?.terminationGracePeriodSeconds ?? 30));
    return { retryAtMs: undefined };
  }

  #syncProbes(pod: V1Pod, runtime: RuntimePod | undefined): void {
    const running = [...initContainersOf(pod), ...containersOf(pod)].flatMap((container) => {
      const current = newestContainer(runtime, container.name);
      return current?.state === "running" ? [{ id: current.id, container, startedAtMs: current.startedAtMs }] : [];
    });
    this.#options.probes.sync(pod, this.#podIp(pod, newestSandbox(runtime)), running);
  }

  async #report(pod: V1Pod, runtime: RuntimePod | undefined): Promise<boolean> {
    const uid = pod.metadata.uid ?? "";
    const { probes, clock, node, statuses } = this.#options;
    const newest = statuses.newest(pod);
    const status = computePodStatus({
      pod: newest ? { ...pod, status: newest } : pod,
      runtime,
      nowMs: clock.nowMs(),
      hostIp: node.ip,
      waiting: this.#waiting.get(uid) ?? new Map(),
      terminationMessages: await this.#terminationMessages(pod, runtime),
      isStarted: (id, container) => probes.isStarted(id, container),
      isReady: (id, container) => probes.isReady(id, container),
    });
    return statuses.write(pod, status);
  }

  async #terminationMessages(pod: V1Pod, runtime: RuntimePod | undefined): Promise<ReadonlyMap<string, string>> {
    const uid = pod.metadata.uid ?? "";
    const known = this.#messages.get(uid) ?? new Map<string, string>();
    this.#messages.set(uid, known);
    for (const container of runtime?.containers ?? []) {
      if (container.state !== "exited" || known.has(container.id)) continue;
      known.set(container.id, await this.#options.terminationLogs.read(uid, container.name, container.attempt));
    }
    return known;
  }

  #downward(pod: V1Pod, sandbox: RuntimeSandbox | undefined): DownwardContext {
    const { node } = this.#options;
    return { podIp: this.#podIp(pod, sandbox), hostIp: node.ip, nodeName: node.name, allocatable: node.allocatable };
  }

  #podIp(pod: V1Pod, sandbox: RuntimeSandbox | undefined): string {
    return pod.spec?.hostNetwork ? this.#options.node.ip : (sandbox?.ip ?? "");
  }
}

function isOver(status: V1PodStatus | undefined): boolean {
  return status?.phase === "Succeeded" || status?.phase === "Failed";
}

/** `10s`, `1m20s`, `5m0s`, as Go prints durations. */
function formatDelay(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
