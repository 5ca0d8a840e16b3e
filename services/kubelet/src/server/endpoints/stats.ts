import { answerJson, answerText, type NodeHandler } from "../http/node-exchange.ts";
import { cadvisorMetrics } from "../stats/cadvisor-metrics.ts";
import { EXPOSITION_TYPE, renderFamilies } from "../stats/exposition.ts";
import { resourceMetrics } from "../stats/resource-metrics.ts";
import { renderSummary } from "../stats/summary.ts";
import type { UsageCollector } from "../stats/usage-collector.ts";

export function statsSummary(collector: UsageCollector): NodeHandler {
  return async (exchange) => {
    const onlyCpuAndMemory = /^(1|t|true)$/i.test(exchange.query.get("only_cpu_and_memory") ?? "");
    answerJson(exchange, renderSummary(await collector.collect(), onlyCpuAndMemory));
  };
}

/** A failed measurement is an answer too: whoever scrapes is told by a metric. */
export function resource(collector: UsageCollector): NodeHandler {
  return async (exchange) => {
    const usage = await collector.collect().catch(() => undefined);
    answerText(exchange, 200, renderFamilies(resourceMetrics(usage)), EXPOSITION_TYPE);
  };
}

export function cadvisor(collector: UsageCollector, cpuCount: number): NodeHandler {
  return async (exchange) =>
    answerText(exchange, 200, renderFamilies(cadvisorMetrics(await collector.collect(), cpuCount)), EXPOSITION_TYPE);
}
