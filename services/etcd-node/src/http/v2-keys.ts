import type { V2Command } from "@drydock/proto/drydock/raft/v1/raft";
import type { RpcContext } from "../rpc/context.ts";
import { V2Error } from "../v2/errors.ts";
import { isCreation, type StoredEvent, type V2Event } from "../v2/event.ts";
import { parseV2Request, type V2Request } from "../v2/parse-request.ts";
import type { HttpRequest, HttpResponse } from "./exchange.ts";
import { readBody } from "./read-body.ts";

const METHODS = ["HEAD", "GET", "POST", "PUT", "DELETE"];
const TEXT = { "Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff" };
const NEWLINE = "\n";

/** The keys of the second API, `/v2/keys`. */
export class V2Keys {
  readonly #context: RpcContext;
  readonly #waiting = new Set<(stored: StoredEvent | undefined) => void>();

  constructor(context: RpcContext) {
    this.#context = context;
    // Whoever waits for what the old state would have told has nothing more to wait for.
    context.driver.onRestore(() => {
      for (const wake of this.#waiting) wake(undefined);
    });
  }

  /** `path` is what follows `/v2/keys`. */
  async serve(path: string, query: URLSearchParams, request: HttpRequest, response: HttpResponse): Promise<void> {
    if (!METHODS.includes(request.method)) {
      response.begin(405, { ...TEXT, Allow: METHODS.join(",") });
      response.end("Method Not Allowed\n");
      return;
    }
    try {
      const parsed = parseV2Request(request.method, decodePath(path), await readForm(request, query));
      if (parsed.isWait) return await this.#watch(parsed, request, response);
      await this.#answer(parsed, response);
    } catch (error) {
      this.#fail(response, error);
    }
  }

  async #answer(request: V2Request, response: HttpResponse): Promise<void> {
    const isRead = request.method === "GET" || request.method === "HEAD";
    const { event, index } = isRead ? await this.#read(request) : await this.#propose(request);
    response.begin(isCreation(event) ? 201 : 200, this.#headers(index));
    response.end(request.method === "HEAD" ? "" : JSON.stringify(shown(event, request)) + NEWLINE);
  }

  async #read({ path, recursive, isSorted, isQuorum }: V2Request): Promise<{ event: V2Event; index: number }> {
    const { driver, clock } = this.#context;
    if (isQuorum) await driver.linearize();
    const { v2 } = driver.state.machine;
    const event = v2.get(path, { isRecursive: recursive, isSorted, nowMs: clock.nowMs() });
    return { event, index: v2.index };
  }

  async #propose(request: V2Request): Promise<{ event: V2Event; index: number }> {
    const value = toCommand(request, this.#context.clock.nowMs());
    const outcome = await this.#context.driver.propose({ $case: "v2", value });
    if (outcome.kind !== "v2") throw new Error(`a v2 command ended as ${outcome.kind}`);
    if (outcome.error) throw outcome.error;
    return { event: outcome.event as V2Event, index: outcome.index };
  }

  async #watch(request: V2Request, { signal }: HttpRequest, response: HttpResponse): Promise<void> {
    const { path, recursive, isStream } = request;
    let sinceIndex = request.waitIndex;
    let isFirst = true;
    do {
      const { v2 } = this.#context.driver.state.machine;
      const next = Promise.withResolvers<StoredEvent | undefined>();
      const deliver = next.resolve;
      const watcher = { path, isRecursive: recursive, isStream: false, sinceIndex, deliver };
      const found = v2.watch(watcher);
      // Stays at its place in the history even when events come while this one is being sent.
      const startIndex = v2.index;
      if (isFirst) response.begin(200, this.#headers(startIndex));
      if (isFirst) response.write("");
      isFirst = false;
      const stored = typeof found === "function" ? await this.#wait(next, found, signal) : found;
      if (!stored) break;
      if (!response.write(JSON.stringify(stored.event) + NEWLINE)) await response.drained();
      sinceIndex = stored.index + 1;
    } while (isStream && !signal.aborted);
    response.end();
  }

  async #wait(
    next: PromiseWithResolvers<StoredEvent | undefined>,
    stop: () => void,
    signal: AbortSignal,
  ): Promise<StoredEvent | undefined> {
    const giveUp = () => next.resolve(undefined);
    this.#waiting.add(next.resolve);
    signal.addEventListener("abort", giveUp);
    if (signal.aborted) giveUp();
    try {
      return await next.promise;
    } finally {
      stop();
      signal.removeEventListener("abort", giveUp);
      this.#waiting.delete(next.resolve);
    }
  }

  #fail(response: HttpResponse, error: unknown): void {
    const { index } = this.#context.driver.state.machine.v2;
    const verdict = error instanceof V2Error ? error : new V2Error(300, (error as Error).message, index);
    response.begin(verdict.httpStatus, this.#headersOfError(verdict.index));
    response.end(verdict.toJson() + NEWLINE);
  }

  #headers(index: number): Record<string, string> {
    const { committed, term } = this.#context.driver.status;
    return { ...this.#headersOfError(index), "X-Raft-Index": String(committed), "X-Raft-Term": String(term) };
  }

  #headersOfError(index: number): Record<string, string> {
    return {
      "Content-Type": "application/json",
      "X-Etcd-Cluster-Id": BigInt(this.#context.identity.clusterId).toString(16),
      "X-Etcd-Index": String(index),
    };
  }
}

function toCommand(request: V2Request, nowMs: number): V2Command {
  const { method, path, value, dir, recursive, prevValue, prevIndex, prevExist, refresh, ttlSeconds } = request;
  const expiresAtMs = ttlSeconds === undefined ? 0 : nowMs + ttlSeconds * 1000;
  return { method, path, value, dir, recursive, prevValue, prevIndex, prevExist, refresh, expiresAtMs, nowMs };
}

function shown(event: V2Event, { hidesValue }: V2Request): Partial<V2Event> {
  return hidesValue && ["set", "create", "update", "compareAndSwap"].includes(event.action)
    ? { action: event.action }
    : event;
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new V2Error(210, `invalid path ${path}`, 0);
  }
}

/** The form in the body comes before the query, as Go's forms have it. */
async function readForm(request: HttpRequest, query: URLSearchParams): Promise<URLSearchParams> {
  const isForm = request.headers["content-type"]?.startsWith("application/x-www-form-urlencoded") ?? false;
  if (!isForm || !["POST", "PUT"].includes(request.method)) return query;
  const form = new URLSearchParams(await readBody(request));
  for (const [name, value] of query) form.append(name, value);
  return form;
}
