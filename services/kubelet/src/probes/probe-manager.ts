import type { Clock, Timer } from "@drydock/base";
import type { V1Container, V1Pod, V1Probe } from "@drydock/kube-api";
import type { ProbeFailure, ProbeView } from "../pods/plan-pod-actions.ts";
import type { ContainerRuntime } from "../runtime/runtime.ts";
import { runProbe } from "./probe.ts";
import { ProbeCounter } from "./probe-counter.ts";
import type { ProbeMetrics } from "./probe-metrics.ts";

type ProbeKind = "startup" | "liveness" | "readiness";
const KINDS: readonly ProbeKind[] = ["startup", "liveness", "readiness"];

export interface ProbeManagerOptions {
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  /** A result changed what the pod's status or plan would be. */
  onChange(podUid: string): void;
  /** For the Unhealthy event. */
  onFailure(pod: V1Pod, container: V1Container, kind: ProbeKind, output: string): void;
  readonly metrics: ProbeMetrics;
}

interface Worker {
  readonly podUid: string;
  readonly kind: ProbeKind;
  readonly counter: ProbeCounter;
  timer: Timer | undefined;
  isStopped: boolean;
}

interface Watched {
  readonly container: V1Container;
  readonly startedAtMs: number;
}

/** Probes running containers and remembers what they said. One worker a container and kind; they live as long as the container runs. */
export class ProbeManager implements ProbeView {
  readonly #options: ProbeManagerOptions;
  readonly #workers = new Map<string, Worker>();
  readonly #watched = new Map<string, Watched & { podUid: string }>();

  constructor(options: ProbeManagerOptions) {
    this.#options = options;
  }

  /** Starts what is missing and stops what has no running container any more. */
  sync(
    pod: V1Pod,
    podIp: string,
    running: readonly { id: string; container: V1Container; startedAtMs: number }[],
  ): void {
    const podUid = pod.metadata.uid ?? "";
    const present = new Set(running.map(({ id }) => id));
    for (const [id, watched] of this.#watched) if (watched.podUid === podUid && !present.has(id)) this.#forget(id);
    for (const { id, container, startedAtMs } of running) {
      if (this.#watched.has(id)) continue;
      this.#watched.set(id, { container, startedAtMs, podUid });
      for (const kind of KINDS) {
        const probe = probeOf(container, kind);
        if (probe) this.#start(pod, podIp, container, id, kind, probe, startedAtMs);
      }
    }
  }

  removePod(podUid: string): void {
    this.#options.metrics.forget(podUid);
    for (const [id, watched] of this.#watched) if (watched.podUid === podUid) this.#forget(id);
  }

  isStarted(containerId: string, container: V1Container): boolean {
    if (!container.startupProbe) return true;
    return this.#workers.get(workerKey(containerId, "startup"))?.counter.verdict === "success";
  }

  isReady(containerId: string, container: V1Container): boolean {
    if (!this.isStarted(containerId, container)) return false;
    if (!container.readinessProbe) return true;
    return this.#workers.get(workerKey(containerId, "readiness"))?.counter.verdict === "success";
  }

  hasFailed(containerId: string): ProbeFailure | undefined {
    for (const kind of ["startup", "liveness"] as const) {
      if (this.#workers.get(workerKey(containerId, kind))?.counter.verdict === "failure") return { kind };
    }
    return undefined;
  }

  stop(): void {
    for (const id of [...this.#watched.keys()]) this.#forget(id);
  }

  #start(
    pod: V1Pod,
    podIp: string,
    container: V1Container,
    id: string,
    kind: ProbeKind,
    probe: V1Probe,
    startedAtMs: number,
  ): void {
    const { clock, runtime } = this.#options;
    const counter = new ProbeCounter({
      successThreshold: probe.successThreshold ?? 1,
      failureThreshold: probe.failureThreshold ?? 3,
    });
    const worker: Worker = { podUid: pod.metadata.uid ?? "", kind, counter, timer: undefined, isStopped: false };
    this.#workers.set(workerKey(id, kind), worker);
    const periodMs = (probe.periodSeconds ?? 10) * 1000;
    const round = async () => {
      if (worker.isStopped) return;
      if (this.#isDue(id, container, kind)) {
        const result = await runProbe(probe, { container, containerId: id, podIp }, runtime);
        if (worker.isStopped) return;
        this.#options.metrics.count(pod, container, kind, result.isSuccess);
        const hasChanged = counter.add(result.isSuccess);
        if (!result.isSuccess) this.#options.onFailure(pod, container, kind, result.output);
        if (hasChanged) this.#options.onChange(worker.podUid);
      }
      // A startup probe is done once it succeeded, and any probe once its container is to be killed.
      if (kind === "startup" && counter.verdict === "success") return;
      if (kind !== "readiness" && counter.verdict === "failure") return;
      worker.timer = clock.setTimer(periodMs, () => void round());
    };
    const firstMs = startedAtMs + (probe.initialDelaySeconds ?? 0) * 1000 - clock.nowMs();
    worker.timer = clock.setTimer(Math.max(0, firstMs), () => void round());
  }

  /** Liveness and readiness wait for the startup probe. */
  #isDue(id: string, container: V1Container, kind: ProbeKind): boolean {
    return kind === "startup" || this.isStarted(id, container);
  }

  #forget(id: string): void {
    this.#watched.delete(id);
    for (const kind of KINDS) {
      const worker = this.#workers.get(workerKey(id, kind));
      if (!worker) continue;
      worker.isStopped = true;
      worker.timer?.cancel();
      this.#workers.delete(workerKey(id, kind));
    }
  }
}

function probeOf(container: V1Container, kind: ProbeKind): V1Probe | undefined {
  return { startup: container.startupProbe, liveness: container.livenessProbe, readiness: container.readinessProbe }[
    kind
  ];
}

function workerKey(containerId: string, kind: ProbeKind): string {
  return `${containerId}/${kind}`;
}
