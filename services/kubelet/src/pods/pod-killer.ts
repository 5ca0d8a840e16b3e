import type { EventRecorder } from "@drydock/client";
import type { V1Container, V1Pod } from "@drydock/kube-api";
import type { ContainerRuntime, RuntimeContainer, RuntimePod } from "../runtime/runtime.ts";
import { containersOf, initContainersOf, isSidecar } from "./container-spec.ts";
import { runHook } from "./lifecycle-hooks.ts";

/** Upstream gives a container at least this long after its hook. */
const MIN_GRACE_SECONDS = 2;

/** Ends containers: hook first, then TERM, then KILL when the grace period is over. */
export class PodKiller {
  readonly #runtime: ContainerRuntime;
  readonly #events: EventRecorder;

  constructor(runtime: ContainerRuntime, events: EventRecorder) {
    this.#runtime = runtime;
    this.#events = events;
  }

  /** All running containers at once, sidecars after the others; resolves when they have ended. */
  async killAll(pod: V1Pod, runtime: RuntimePod | undefined, graceSeconds: number): Promise<void> {
    const running = (runtime?.containers ?? []).filter((container) => container.state === "running");
    const sidecars = new Set(
      initContainersOf(pod)
        .filter(isSidecar)
        .map((container) => container.name),
    );
    const kill = (container: RuntimeContainer) =>
      this.killOne(pod, container, graceSeconds, `Stopping container ${container.name}`);
    await Promise.all(running.filter((container) => !sidecars.has(container.name)).map(kill));
    await Promise.all(running.filter((container) => sidecars.has(container.name)).map(kill));
  }

  async killOne(pod: V1Pod, container: RuntimeContainer, graceSeconds: number, message: string): Promise<void> {
    const spec = [...initContainersOf(pod), ...containersOf(pod)].find(
      (candidate) => candidate.name === container.name,
    );
    this.#events.event(pod, "Normal", "Killing", message, `spec.containers{${container.name}}`);
    const remaining = spec ? await this.#runPreStop(pod, spec, container, graceSeconds) : graceSeconds;
    await this.#runtime.stopContainer(container.id, remaining);
  }

  /** Returns what is left of the grace period. */
  async #runPreStop(pod: V1Pod, spec: V1Container, container: RuntimeContainer, graceSeconds: number): Promise<number> {
    const hook = spec.lifecycle?.preStop;
    if (!hook || graceSeconds <= 0) return graceSeconds;
    const startedMs = performance.now();
    const target = { container: spec, containerId: container.id, podIp: pod.status?.podIP ?? "" };
    const failure = await runHook(hook, target, this.#runtime, graceSeconds * 1000);
    if (failure)
      this.#events.event(
        pod,
        "Warning",
        "FailedPreStopHook",
        `PreStopHook failed: ${failure}`,
        `spec.containers{${spec.name}}`,
      );
    return Math.max(MIN_GRACE_SECONDS, graceSeconds - Math.floor((performance.now() - startedMs) / 1000));
  }
}
