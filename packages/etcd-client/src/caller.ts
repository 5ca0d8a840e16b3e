import type { GrpcMetadata, GrpcMethod } from "@drydock/http2";
import type { Endpoint } from "./endpoint.ts";
import type { EndpointPool } from "./endpoint-pool.ts";
import { classifyFailure, EtcdError, OutcomeUnknownError } from "./errors.ts";

export interface CallOptions {
  /** Ends the call; the promise rejects with the signal's reason. A write may still happen. */
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  /** False: a member that has no leader may answer too, from what it has. */
  readonly requiresLeader?: boolean;
}

/** A read on a member that does not answer is asked elsewhere after this long. */
const READ_ATTEMPT_MS = 3000;
const RETRY_PAUSE_MS = 30;
/** An election is over within it: who is still refused then is told so. */
const RETRY_WINDOW_MS = 5000;

/** Calls with a deadline. Reads are tried on every member; a write is tried again only when it had no effect for certain. */
export class Caller {
  readonly #pool: EndpointPool;
  readonly #timeoutMs: number;

  constructor(pool: EndpointPool, timeoutMs: number) {
    this.#pool = pool;
    this.#timeoutMs = timeoutMs;
  }

  read<Request, Response>(
    method: GrpcMethod<Request, Response>,
    request: Request,
    options: CallOptions = {},
  ): Promise<Response> {
    return this.#call(method, request, options, true);
  }

  write<Request, Response>(
    method: GrpcMethod<Request, Response>,
    request: Request,
    options: CallOptions = {},
  ): Promise<Response> {
    return this.#call(method, request, options, false);
  }

  async #call<Request, Response>(
    method: GrpcMethod<Request, Response>,
    request: Request,
    { signal, timeoutMs = this.#timeoutMs, requiresLeader = true }: CallOptions,
    isRead: boolean,
  ): Promise<Response> {
    const deadlineMs = Date.now() + timeoutMs;
    const lastTryMs = Math.min(deadlineMs, Date.now() + RETRY_WINDOW_MS);
    for (;;) {
      signal?.throwIfAborted();
      const endpoint = await this.#pool.acquire(deadlineMs);
      const attemptMs = isRead ? Math.min(deadlineMs, Date.now() + READ_ATTEMPT_MS) : deadlineMs;
      try {
        return await callOnce(method, endpoint, request, attemptMs, { ...(signal ? { signal } : {}), requiresLeader });
      } catch (cause) {
        signal?.throwIfAborted();
        const failure = classifyFailure(cause);
        if (failure.kind === "answered") throw failure.error;
        this.#pool.failed(endpoint);
        if (failure.kind === "unknown" && !isRead) {
          throw new OutcomeUnknownError(failure.error.code, failure.error.message, { cause });
        }
        if (Date.now() + RETRY_PAUSE_MS >= lastTryMs) throw failure.error;
        await new Promise((resolve) => setTimeout(resolve, RETRY_PAUSE_MS));
      }
    }
  }
}

/** Rejects with GrpcError; without effect for certain when the endpoint is not connected. */
export async function callOnce<Request, Response>(
  method: GrpcMethod<Request, Response>,
  endpoint: Endpoint,
  request: Request,
  deadlineMs: number,
  { signal, requiresLeader = true }: Pick<CallOptions, "signal" | "requiresLeader"> = {},
): Promise<Response> {
  const timeoutMs = Math.max(1, deadlineMs - Date.now());
  const metadata = requiresLeader ? REQUIRE_LEADER : undefined;
  return endpoint.client.unary(method, request, { metadata, timeoutMs, signal });
}

/** Asks a member that has lost its leader to say so at once instead of waiting. */
export const REQUIRE_LEADER: GrpcMetadata = { hasleader: "true" };

export function toEtcdError(cause: unknown): EtcdError {
  return cause instanceof EtcdError ? cause : classifyFailure(cause).error;
}
