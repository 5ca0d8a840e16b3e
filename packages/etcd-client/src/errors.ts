import { GrpcError } from "@drydock/http2";
import { status } from "@grpc/grpc-js";

/** The store answered, or could not be asked: nothing that was asked for has happened (unless it is an `OutcomeUnknownError`). */
export class EtcdError extends Error {
  override readonly name: string = "EtcdError";
  /** gRPC status code. */
  readonly code: status;

  /** `message` is etcd's own text, like `etcdserver: request timed out`. */
  constructor(code: status, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  get codeName(): string {
    return status[this.code] ?? String(this.code);
  }
}

/** A write was sent and no answer came: it may have happened, may still happen, or may never happen. Read before trying again. */
export class OutcomeUnknownError extends EtcdError {
  override readonly name = "OutcomeUnknownError";
}

/** The history that was asked for has been compacted away; list again, then watch from there. */
export class CompactedError extends EtcdError {
  override readonly name = "CompactedError";
  /** The oldest revision still there, or 0 when etcd did not tell. */
  readonly compactRevision: number;

  constructor(compactRevision: number, options?: ErrorOptions) {
    super(status.OUT_OF_RANGE, COMPACTED_TEXT, options);
    this.compactRevision = compactRevision;
  }
}

const COMPACTED_TEXT = "etcdserver: mvcc: required revision has been compacted";

/** What `UNAVAILABLE` says when the request had no effect for certain. */
const WITHOUT_EFFECT = ["etcdserver: no leader", "etcdserver: not leader", "etcdserver: not capable"];

/** Codes that tell nothing about the request's fate once it was sent. */
const SILENT_CODES: ReadonlySet<status> = new Set([
  status.UNAVAILABLE,
  status.DEADLINE_EXCEEDED,
  status.CANCELLED,
  status.UNKNOWN,
  status.INTERNAL,
  status.ABORTED,
]);

export type Failure =
  /** A definite answer: asking again gives the same. */
  | { readonly kind: "answered"; readonly error: EtcdError }
  /** No effect, and another try (elsewhere) may succeed. */
  | { readonly kind: "no-effect"; readonly error: EtcdError }
  /** Sent, and nothing known about it. */
  | { readonly kind: "unknown"; readonly error: EtcdError };

/** Sorts a failed call by what it says about the request. */
export function classifyFailure(cause: unknown): Failure {
  if (!(cause instanceof GrpcError)) throw cause;
  const text = cause.details;
  if (cause.code === status.OUT_OF_RANGE && text === COMPACTED_TEXT) {
    return { kind: "answered", error: new CompactedError(0, { cause }) };
  }
  // People grep for etcd's words.
  const told = cause.code === status.DEADLINE_EXCEEDED ? "etcdserver: request timed out" : text;
  const error = new EtcdError(cause.code, told, { cause });
  if (!SILENT_CODES.has(cause.code)) return { kind: "answered", error };
  if (cause.code === status.UNAVAILABLE && WITHOUT_EFFECT.includes(text)) return { kind: "no-effect", error };
  if (cause.isUnprocessed) return { kind: "no-effect", error };
  return { kind: "unknown", error };
}
