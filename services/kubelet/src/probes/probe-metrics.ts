import type { V1Container, V1Pod } from "@drydock/kube-api";
import { Counter, Gauge, Registry } from "prom-client";

/** Counts what probes said, as `/metrics/probes` tells it. */
export class ProbeMetrics {
  readonly registry = new Registry();
  readonly #results: Counter;

  constructor() {
    const registers = [this.registry];
    this.#results = new Counter({
      name: "prober_probe_total",
      help: "[BETA] Cumulative number of a liveness, readiness or startup probe for a container by result.",
      labelNames: ["probe_type", "result", "container", "pod", "namespace", "pod_uid"],
      registers,
    });
    new Gauge({
      name: "process_start_time_seconds",
      help: "[ALPHA] Start time of the process since unix epoch in seconds.",
      registers,
    }).set(performance.timeOrigin / 1000);
  }

  count({ metadata }: V1Pod, container: V1Container, kind: string, isSuccess: boolean): void {
    this.#results.inc({
      probe_type: `${kind[0]?.toUpperCase()}${kind.slice(1)}`,
      result: isSuccess ? "successful" : "failed",
      container: container.name,
      pod: metadata.name ?? "",
      namespace: metadata.namespace ?? "",
      pod_uid: metadata.uid ?? "",
    });
  }

  /** A pod that has gone is counted no longer. */
  forget(podUid: string): void {
    void this.#results.get().then(({ values }) => {
      for (const { labels } of values) if (labels.pod_uid === podUid) this.#results.remove(labels);
    });
  }
}
