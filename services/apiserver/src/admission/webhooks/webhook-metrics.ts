import { StatusError } from "@drydock/apimachinery";
import { Counter, Histogram, type Registry } from "prom-client";
import { HookCallError, HookDenial } from "./hook-errors.ts";

const SECONDS = [0.005, 0.025, 0.1, 0.5, 1, 2.5, 10, 25];
const CODE_MAX = 600;

/** What upstream's server measures of webhooks, under its names. */
export class WebhookMetrics {
  readonly #durationSeconds;
  readonly #rejections;
  readonly #requests;
  readonly #failOpen;

  constructor(registry?: Registry) {
    const registers = registry ? [registry] : [];
    this.#durationSeconds = new Histogram({
      name: "apiserver_admission_webhook_admission_duration_seconds",
      help: "Admission webhook latency histogram in seconds, identified by name and broken out for each operation and API resource and type (validate or admit).",
      labelNames: ["name", "type", "operation", "rejected"],
      buckets: SECONDS,
      registers,
    });
    this.#rejections = new Counter({
      name: "apiserver_admission_webhook_rejection_count",
      help: "Admission webhook rejection count, identified by name and broken out for each admission type (validating or admit) and operation.",
      labelNames: ["name", "type", "operation", "error_type", "rejection_code"],
      registers,
    });
    this.#requests = new Counter({
      name: "apiserver_admission_webhook_request_total",
      help: "Admission webhook request total, identified by name and broken out for each admission type (validating or mutating) and operation.",
      labelNames: ["name", "type", "operation", "code", "rejected"],
      registers,
    });
    this.#failOpen = new Counter({
      name: "apiserver_admission_webhook_fail_open_count",
      help: "Admission webhook fail open count, identified by name and broken out for each admission type (validating or mutating).",
      labelNames: ["name", "type"],
      registers,
    });
  }

  /** One call came to its end. `error` is what it threw; a failure that is ignored rejects nothing. */
  observe(call: ObservedCall, seconds: number, error: unknown): void {
    const { name, type, operation, isFailureIgnored } = call;
    const isIgnored = error instanceof HookCallError && isFailureIgnored;
    const rejected = String(error !== undefined && !isIgnored);
    const code = String(Math.min(codeOf(error), CODE_MAX));
    this.#requests.inc({ name, type, operation, code, rejected });
    this.#durationSeconds.observe({ name, type, operation, rejected }, seconds);
    if (isIgnored) this.#failOpen.inc({ name, type: type === "admit" ? "admit" : "validating" });
    if (rejected === "true")
      this.#rejections.inc({ name, type, operation, error_type: errorTypeOf(error), rejection_code: code });
  }
}

export interface ObservedCall {
  readonly name: string;
  readonly type: "admit" | "validating";
  readonly operation: string;
  readonly isFailureIgnored: boolean;
}

function codeOf(error: unknown): number {
  if (error === undefined) return 200;
  if (error instanceof HookCallError) return error.code;
  if (error instanceof HookDenial) return error.denial.code;
  return error instanceof StatusError ? error.code : 500;
}

function errorTypeOf(error: unknown): string {
  if (error instanceof HookCallError) return "calling_webhook_error";
  return error instanceof HookDenial ? "no_error" : "apiserver_internal_error";
}
