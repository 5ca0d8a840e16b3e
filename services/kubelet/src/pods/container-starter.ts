import type { Clock } from "@drydock/base";
import type { EventRecorder } from "@drydock/client";
import type { V1Pod } from "@drydock/kube-api";
import { makeContainerConfig } from "../container/container-config.ts";
import type { DownwardContext } from "../container/downward-api.ts";
import { makeEnvironment } from "../container/environment.ts";
import { expand } from "../container/expand.ts";
import { ContainerConfigError, type ObjectSource } from "../container/object-source.ts";
import type { ImagePuller } from "../images/image-puller.ts";
import type { ContainerConfig, ContainerRuntime, RuntimeImage, RuntimePod } from "../runtime/runtime.ts";
import type { PodVolumes, VolumeManager } from "../volumes/volume-manager.ts";
import { backoffKey } from "./container-spec.ts";
import type { CrashBackoff } from "./crash-backoff.ts";
import { runHook } from "./lifecycle-hooks.ts";
import type { ContainerStart } from "./plan-pod-actions.ts";
import type { WaitingReason } from "./pod-status.ts";
import type { TerminationLogs } from "./termination-log.ts";

export interface ContainerStarterOptions {
  readonly runtime: ContainerRuntime;
  readonly images: ImagePuller;
  readonly volumes: VolumeManager;
  readonly objects: ObjectSource;
  readonly terminationLogs: TerminationLogs;
  readonly backoff: CrashBackoff;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly memoryCapacityBytes: number;
}

export interface StartContext {
  readonly pod: V1Pod;
  readonly sandboxId: string;
  readonly volumes: PodVolumes;
  readonly downward: DownwardContext;
  readonly runtime: RuntimePod | undefined;
  /** False once the pod is to go. */
  isWanted(): boolean;
}

export type StartResult =
  | { readonly kind: "started" }
  /** The pod is to go: the container has not run. */
  | { readonly kind: "unwanted" }
  /** `retryAtMs`: when it makes sense to look again. */
  | { readonly kind: "waiting"; readonly waiting: WaitingReason; readonly retryAtMs: number };

/** After a failure that only the outside can mend. */
const RETRY_MS = 10_000;

/** Brings one container up: image, configuration, creation, start, postStart hook. What goes wrong is a waiting reason in upstream's words. */
export class ContainerStarter {
  readonly #options: ContainerStarterOptions;

  constructor(options: ContainerStarterOptions) {
    this.#options = options;
  }

  async start(start: ContainerStart, context: StartContext): Promise<StartResult> {
    const image = await this.#ensureImage(start, context.pod);
    if (image.kind === "waiting") return image;
    if (!context.isWanted()) return { kind: "unwanted" };
    const config = await this.#config(start, context, image.image);
    if ("kind" in config) return config;
    return this.#createAndStart(start, context, config);
  }

  async #ensureImage(
    start: ContainerStart,
    pod: V1Pod,
  ): Promise<Extract<StartResult, { kind: "waiting" }> | { kind: "ready"; image: RuntimeImage }> {
    const { images, events } = this.#options;
    const { container } = start;
    const path = fieldPath(start);
    const verdict = await images.ensure(container, () =>
      events.event(pod, "Normal", "Pulling", `Pulling image "${container.image}"`, path),
    );
    if (verdict.kind === "present") {
      const text = verdict.pulled
        ? `Successfully pulled image "${container.image}"`
        : `Container image "${container.image}" already present on machine`;
      events.event(pod, "Normal", "Pulled", text, path);
      return { kind: "ready", image: verdict.image };
    }
    const { waiting, isNew, retryAtMs } = verdict;
    if (isNew)
      events.event(
        pod,
        "Warning",
        waiting.reason === "InvalidImageName" ? "InspectFailed" : "Failed",
        failureText(waiting),
        path,
      );
    else events.event(pod, "Normal", "BackOff", waiting.message, path);
    if (isNew) events.event(pod, "Warning", "Failed", `Error: ${waiting.reason}`, path);
    return { kind: "waiting", waiting, retryAtMs };
  }

  async #config(
    start: ContainerStart,
    context: StartContext,
    image: RuntimeImage,
  ): Promise<ContainerConfig | StartResult> {
    const { objects, volumes, terminationLogs, memoryCapacityBytes, events } = this.#options;
    const { pod } = context;
    const { container, attempt } = start;
    try {
      const env = await makeEnvironment(pod, container, objects, context.downward);
      const values = new Map(env.map(({ name, value }) => [name, value]));
      const mounts = await volumes.mountsFor(pod, container, context.volumes, (text) =>
        expand(text, (name) => values.get(name)),
      );
      const uid = pod.metadata.uid ?? "";
      mounts.push(await terminationLogs.mount(uid, container.name, attempt, container.terminationMessagePath));
      return makeContainerConfig({ pod, container, attempt, env, mounts, imageUser: image.user, memoryCapacityBytes });
    } catch (error) {
      const message = (error as Error).message;
      events.event(pod, "Warning", "Failed", `Error: ${message}`, fieldPath(start));
      const reason = error instanceof ContainerConfigError ? "CreateContainerConfigError" : "CreateContainerError";
      return this.#waiting(reason, message);
    }
  }

  async #createAndStart(start: ContainerStart, context: StartContext, config: ContainerConfig): Promise<StartResult> {
    const { runtime, events, backoff, clock } = this.#options;
    const { pod, sandboxId } = context;
    const { container } = start;
    const path = fieldPath(start);
    let id: string;
    try {
      id = await runtime.createContainer(sandboxId, config);
      events.event(pod, "Normal", "Created", `Created container: ${container.name}`, path);
    } catch (error) {
      events.event(pod, "Warning", "Failed", `Error: ${(error as Error).message}`, path);
      return this.#waiting("CreateContainerError", (error as Error).message);
    }
    if (start.afterFinishedAtMs !== undefined)
      backoff.next(backoffKey(pod, container), start.afterFinishedAtMs, clock.nowMs());
    if (!context.isWanted()) return { kind: "unwanted" };
    try {
      await runtime.startContainer(id);
      events.event(pod, "Normal", "Started", `Started container ${container.name}`, path);
    } catch (error) {
      events.event(pod, "Warning", "Failed", `Error: ${(error as Error).message}`, path);
      return this.#waiting("RunContainerError", (error as Error).message);
    }
    await this.#removeOldAttempts(start, context);
    await this.#runPostStart(start, context, id);
    return { kind: "started" };
  }

  /** Keeps the attempt before this one, for `logs --previous`, and no older ones. */
  async #removeOldAttempts(start: ContainerStart, context: StartContext): Promise<void> {
    const old = (context.runtime?.containers ?? []).filter(
      (container) =>
        container.name === start.container.name &&
        container.attempt < start.attempt - 1 &&
        container.state !== "running",
    );
    for (const container of old) await this.#options.runtime.removeContainer(container.id).catch(() => {});
  }

  async #runPostStart(start: ContainerStart, context: StartContext, containerId: string): Promise<void> {
    const hook = start.container.lifecycle?.postStart;
    if (!hook) return;
    const { runtime, events } = this.#options;
    const graceSeconds = Number(context.pod.spec?.terminationGracePeriodSeconds ?? 30);
    const target = { container: start.container, containerId, podIp: context.downward.podIp };
    const failure = await runHook(hook, target, runtime, 60_000);
    if (failure === undefined) return;
    events.event(context.pod, "Warning", "FailedPostStartHook", `PostStartHook failed: ${failure}`, fieldPath(start));
    await runtime.stopContainer(containerId, graceSeconds);
  }

  #waiting(reason: string, message: string): Extract<StartResult, { kind: "waiting" }> {
    return { kind: "waiting", waiting: { reason, message }, retryAtMs: this.#options.clock.nowMs() + RETRY_MS };
  }
}

function fieldPath(start: ContainerStart): string {
  return `spec.${start.isInit ? "initContainers" : "containers"}{${start.container.name}}`;
}

function failureText(waiting: WaitingReason): string {
  return waiting.reason === "ErrImagePull" ? waiting.message.replace(/^failed/, "Failed") : waiting.message;
}
