import type { Registry } from "prom-client";
import { ConditionMetrics } from "../expressions/condition-metrics.ts";
import { PolicyMetrics } from "./policy-metrics.ts";

/** What is measured of policies. */
export interface PolicyFigures {
  readonly policies: PolicyMetrics;
  readonly conditions: ConditionMetrics;
}

export function createFigures(registry: Registry): PolicyFigures {
  return { policies: new PolicyMetrics(registry), conditions: new ConditionMetrics(registry) };
}

/** Measured, and shown to nobody. */
export function noFigures(): PolicyFigures {
  return { policies: new PolicyMetrics(), conditions: new ConditionMetrics() };
}
