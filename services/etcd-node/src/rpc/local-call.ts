import { EventEmitter } from "node:events";
import { Duplex, Readable } from "node:stream";
import type { handleUnaryCall, Metadata, ServerUnaryCall } from "@grpc/grpc-js";
import type { Caller } from "../auth/access.ts";
import { RpcError } from "./errors.ts";

/** In whose name a service of this process is called from within, and until when. */
export interface LocalCaller extends Caller {
  readonly signal: AbortSignal;
}

/** The caller of a call that came in, for calls made on its behalf. */
export function callerOf(call: Caller & EventEmitter & { readonly cancelled: boolean }): LocalCaller {
  const controller = new AbortController();
  if (call.cancelled) controller.abort();
  call.once("cancelled", () => controller.abort());
  return { metadata: call.metadata, getAuthContext: () => call.getAuthContext(), signal: controller.signal };
}

/** Calls a unary method as gRPC would, without a socket. Rejects with RpcError. */
export function callUnary<Request, Response>(
  method: handleUnaryCall<Request, Response>,
  request: Request,
  caller: LocalCaller,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const call = new LocalUnaryCall(request, caller);
    const cancel = () => call.cancel();
    caller.signal.addEventListener("abort", cancel);
    method(call as unknown as ServerUnaryCall<Request, Response>, (error, response) => {
      caller.signal.removeEventListener("abort", cancel);
      if (error) reject(toRpcError(error));
      else resolve(response as Response);
    });
  });
}

class LocalUnaryCall<Request> extends EventEmitter {
  readonly request: Request;
  readonly metadata: Metadata;
  readonly getAuthContext: Caller["getAuthContext"];
  cancelled: boolean;

  constructor(request: Request, { metadata, getAuthContext, signal }: LocalCaller) {
    super();
    this.request = request;
    this.metadata = metadata;
    this.getAuthContext = getAuthContext;
    this.cancelled = signal.aborted;
  }

  cancel(): void {
    this.cancelled = true;
    this.emit("cancelled");
  }
}

/** A call with a stream of requests, of responses, or both. What the service writes comes out of `responses`. */
export class LocalStreamCall<Request, Response> extends Duplex {
  readonly request: Request | undefined;
  readonly metadata: Metadata;
  readonly getAuthContext: Caller["getAuthContext"];
  /** Throws RpcError where the service ends with one. Holds the service back while nobody reads. */
  readonly responses: AsyncIterable<Response>;
  cancelled = false;
  readonly #output: Readable;
  #resume: (() => void) | undefined;

  /** `request` for methods that take a single one. */
  constructor({ metadata, getAuthContext, signal }: LocalCaller, request?: Request) {
    super({ objectMode: true });
    this.request = request;
    this.metadata = metadata;
    this.getAuthContext = getAuthContext;
    this.#output = new Readable({ objectMode: true, read: () => this.#resumed() });
    this.responses = this.#output;
    this.on("error", (error) => this.#output.destroy(toRpcError(error)));
    const cancel = () => this.cancel();
    signal.addEventListener("abort", cancel);
    this.on("close", () => signal.removeEventListener("abort", cancel));
    if (signal.aborted) cancel();
  }

  send(request: Request): void {
    this.push(request);
  }

  closeRequests(): void {
    this.push(null);
  }

  /** Nobody waits for it any more. */
  cancel(): void {
    if (this.cancelled) return;
    this.cancelled = true;
    this.emit("cancelled");
    this.destroy();
    this.#output.push(null);
  }

  override _read(): void {}

  override _write(response: Response, _encoding: string, done: () => void): void {
    if (this.#output.push(response)) done();
    else this.#resume = done;
  }

  override _final(done: () => void): void {
    this.#output.push(null);
    done();
  }

  #resumed(): void {
    this.#resume?.();
    this.#resume = undefined;
  }
}

function toRpcError(error: { code?: unknown; details?: unknown; message?: string }): RpcError {
  return error instanceof RpcError
    ? error
    : new RpcError(typeof error.code === "number" ? error.code : 2, String(error.details ?? error.message ?? ""));
}
