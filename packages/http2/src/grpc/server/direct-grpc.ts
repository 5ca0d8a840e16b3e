import { IdTable } from "@drydock/base";
import type { Http2Stream } from "../../connection.ts";
import type { RequestHeaders } from "../../request-head.ts";
import { BidiCall } from "./bidi-call.ts";
import type { CallBase, CallHost } from "./call-base.ts";
import type { DirectHandler, DirectMethod } from "./methods.ts";
import { parseTimeout } from "./timeout.ts";
import { UnaryCall } from "./unary-call.ts";

const SWEEP_MS = 20;

interface Served {
  readonly method: DirectMethod;
  readonly handler: DirectHandler;
}

/**
 * Serves methods of gRPC straight on our HTTP/2, for those that are called so often that a whole server's layers between them and the
 * connection cost more than their work. Handlers are those that grpc-js would call. What it does not serve (other methods, compressed requests) it
 * leaves to the caller's server.
 */
export class DirectGrpc implements CallHost {
  readonly octetsMax: number;
  readonly #methods = new Map<string, Served>();
  readonly #withDeadline = new IdTable<CallBase>();
  #nextId = 1;
  #sweeper: NodeJS.Timeout | undefined;

  /** `octetsMax`: of one request message; a longer one ends its call with RESOURCE_EXHAUSTED. */
  constructor(octetsMax: number) {
    this.octetsMax = octetsMax;
  }

  /** Methods of one message each way, or of many both ways. */
  add(method: DirectMethod, handler: DirectHandler): void {
    if (method.requestStream !== method.responseStream) throw new Error(`${method.path} streams one way only`);
    this.#methods.set(method.path, { method, handler });
  }

  /** False when the request is none that is served here; then nothing was done with it. */
  take(stream: Http2Stream, headers: RequestHeaders): boolean {
    const served = this.#methods.get(headers[":path"] as string);
    if (!served || !isPlainCall(headers)) return false;
    const { method, handler } = served;
    const call = method.requestStream
      ? new BidiCall(stream, headers, method, this)
      : new UnaryCall(handler, stream, headers, method, this);
    stream.attach(call);
    const timeout = headers["grpc-timeout"];
    if (timeout !== undefined) this.#limit(call, parseTimeout(String(timeout)));
    if (method.requestStream) handler(call, () => {});
    return true;
  }

  onEnd(call: CallBase): void {
    if (call.deadlineMs > 0) this.#withDeadline.delete(call);
  }

  /** Deadlines are looked at together: a timer for each would cost more than most calls. */
  #limit(call: CallBase, timeoutMs: number | undefined): void {
    if (timeoutMs === undefined) return;
    call.deadlineMs = Date.now() + timeoutMs;
    call.id = this.#nextId++;
    this.#withDeadline.add(call);
    this.#sweeper ??= setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  #sweep(): void {
    const nowMs = Date.now();
    for (const call of this.#withDeadline.all()) if (call.deadlineMs <= nowMs) call.expire();
    if (this.#withDeadline.size > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }
}

function isPlainCall(headers: RequestHeaders): boolean {
  const encoding = headers["grpc-encoding"];
  const type = headers["content-type"];
  return (
    headers[":method"] === "POST" &&
    (type === "application/grpc" || type === "application/grpc+proto") &&
    (encoding === undefined || encoding === "identity")
  );
}
