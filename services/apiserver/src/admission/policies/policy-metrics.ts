import { Counter, Histogram, type Registry } from "prom-client";

const SECONDS = [0.0000005, 0.001, 0.01, 0.1, 1];

type EnforcementAction = "allow" | "deny" | "warn" | "audit";

/** What upstream's server measures of policies, under its names. */
export class PolicyMetrics {
  readonly #validating;
  readonly #mutating;

  constructor(registry?: Registry) {
    const registers = registry ? [registry] : [];
    const pair = (prefix: string, what: string, labels: string[]) => ({
      total: new Counter({
        name: `${prefix}_check_total`,
        help: `${what} policy check total, labeled by policy and further identified by binding.`,
        labelNames: labels,
        registers,
      }),
      seconds: new Histogram({
        name: `${prefix}_check_duration_seconds`,
        help: `${what} latency for individual expressions in seconds, labeled by policy and binding.`,
        labelNames: labels,
        buckets: SECONDS,
        registers,
      }),
    });
    const labels = ["error_type", "policy", "policy_binding"];
    this.#validating = pair("apiserver_validating_admission_policy", "Validation admission", [
      "enforcement_action",
      ...labels,
    ]);
    this.#mutating = pair("apiserver_mutating_admission_policy", "Mutation admission", labels);
  }

  /** What was done about one expression that did not hold, or could not be judged. */
  validated(policy: string, binding: string, action: EnforcementAction, message: string, seconds: number): void {
    const labels = { enforcement_action: action, error_type: errorTypeOf(message), policy, policy_binding: binding };
    this.#validating.total.inc(labels);
    this.#validating.seconds.observe(labels, seconds);
  }

  /** One mutation; `message` says why it failed, if it did. */
  mutated(policy: string, binding: string, message: string | undefined, seconds: number): void {
    const error_type = message === undefined ? "no_error" : errorTypeOf(message);
    const labels = { error_type, policy, policy_binding: binding };
    this.#mutating.total.inc(labels);
    this.#mutating.seconds.observe(labels, seconds);
  }
}

/** Upstream goes by how messages begin. */
function errorTypeOf(message: string): string {
  if (message.startsWith("compilation")) return "compile_error";
  if (message.startsWith("validation failed due to running out of cost budget")) return "out_of_budget";
  return "invalid_error";
}
