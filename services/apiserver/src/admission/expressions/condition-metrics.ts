import { Counter, Histogram, type Registry } from "prom-client";

const SECONDS = [0.001, 0.005, 0.01, 0.025, 0.1, 0.2, 0.25];

/** Whose conditions are judged, and about what. */
interface ConditionLabels {
  readonly name: string;
  readonly kind: "webhook" | "policy";
  readonly type: "validate" | "validating" | "admit";
  readonly operation: string;
}

/** What upstream's server measures of match conditions, under its names. */
export class ConditionMetrics {
  readonly #seconds;
  readonly #errors;
  readonly #exclusions;

  constructor(registry?: Registry) {
    const registers = registry ? [registry] : [];
    const labelNames = ["name", "kind", "operation", "type"];
    const named = "identified by name of resource containing the match condition and broken out for each kind";
    this.#seconds = new Histogram({
      name: "apiserver_admission_match_condition_evaluation_seconds",
      help: `Admission match condition evaluation time in seconds, ${named}`,
      labelNames,
      buckets: SECONDS,
      registers,
    });
    this.#errors = new Counter({
      name: "apiserver_admission_match_condition_evaluation_errors_total",
      help: `Admission match condition evaluation errors count, ${named}`,
      labelNames,
      registers,
    });
    this.#exclusions = new Counter({
      name: "apiserver_admission_match_condition_exclusions_total",
      help: `Admission match condition evaluation exclusions count, ${named}`,
      labelNames,
      registers,
    });
  }

  judged(labels: ConditionLabels, errors: number, seconds: number): void {
    this.#seconds.observe({ ...labels }, seconds);
    if (errors > 0) this.#errors.inc({ ...labels }, errors);
  }

  /** A webhook is not asked, be it that a condition says so or that its failure is ignored. */
  excluded(labels: ConditionLabels): void {
    this.#exclusions.inc({ ...labels, type: labels.type === "admit" ? "admit" : "validate" });
  }
}
