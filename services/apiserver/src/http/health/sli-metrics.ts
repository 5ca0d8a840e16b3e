import { Counter, Gauge, Registry } from "prom-client";

/** What `/metrics/slis` shows: how the health checks went that somebody asked for. */
export interface SliMetrics {
  readonly registry: Registry;
  observe(type: string, name: string, isOk: boolean): void;
}

export function createSliMetrics(startedAtMs: number): SliMetrics {
  const registry = new Registry();
  const latest = new Gauge({
    name: "kubernetes_healthcheck",
    help: "[STABLE] This metric records the result of a single healthcheck.",
    labelNames: ["name", "type"],
    registers: [registry],
  });
  const total = new Counter({
    name: "kubernetes_healthchecks_total",
    help: "[STABLE] This metric records the results of all healthcheck.",
    labelNames: ["name", "status", "type"],
    registers: [registry],
  });
  const started = new Gauge({
    name: "process_start_time_seconds",
    help: "[ALPHA] Start time of the process since unix epoch in seconds.",
    registers: [registry],
  });
  started.set(startedAtMs / 1000);
  return {
    registry,
    observe(type, name, isOk) {
      latest.set({ name, type }, isOk ? 1 : 0);
      total.inc({ name, status: isOk ? "success" : "error", type });
    },
  };
}
