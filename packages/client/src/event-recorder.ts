import { type KubeObject, StatusError } from "@drydock/apimachinery";
import type { Clock } from "@drydock/base";
import type { Logger } from "@drydock/component";
import { type CoreV1Event, events, type V1ObjectReference } from "@drydock/kube-api";
import type { ApiClient } from "./api-client.ts";

export type EventType = "Normal" | "Warning";

/** Tells people what happened to an object. Never throws and never waits: events are best effort. */
export interface EventRecorder {
  event(about: KubeObject, type: EventType, reason: string, message: string, fieldPath?: string): void;
}

export interface EventRecorderOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Reporting component: `kubelet`, `default-scheduler`, `deployment-controller`, … */
  readonly component: string;
  /** Node name, for node components. */
  readonly host?: string;
}

/** Events kept for counting repeats, and how many may wait to be sent. */
const CACHE_SIZE = 4096;
const QUEUE_SIZE = 1000;
/** A repeat within this time raises the count of the earlier event; later ones are new events. */
const REPEAT_WINDOW_MS = 10 * 60 * 1000;
/** Per object: a burst, then one event in five minutes (client-go's spam filter). */
const SPAM_BURST = 25;
const SPAM_REFILL_MS = 300_000;

interface Known {
  event: CoreV1Event;
  seenMs: number;
}

/** A recorder that sends in the background, one at a time, folding repeats into counts. */
export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const sender = new EventSender(options);
  return { event: (about, type, reason, message, fieldPath) => sender.record(about, type, reason, message, fieldPath) };
}

class EventSender {
  readonly #options: EventRecorderOptions;
  readonly #known = new Map<string, Known>();
  readonly #spam = new Map<string, { tokens: number; atMs: number }>();
  readonly #queue: { key: string; fresh: CoreV1Event }[] = [];
  #isSending = false;
  #sequence = 0;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
  }

  record(about: KubeObject, type: EventType, reason: string, message: string, fieldPath?: string): void {
    if (!this.#hasBudget(about)) return;
    const reference = referenceTo(about, fieldPath);
    const key = JSON.stringify([reference, type, reason, message]);
    if (this.#queue.length >= QUEUE_SIZE) this.#queue.shift();
    this.#queue.push({ key, fresh: this.#createEvent(reference, type, reason, message) });
    if (!this.#isSending) void this.#drain();
  }

  async #drain(): Promise<void> {
    this.#isSending = true;
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      try {
        await this.#send(next.key, next.fresh);
      } catch (error) {
        this.#options.logger.debug(
          { err: StatusError.from(error).message, reason: next.fresh.reason },
          "event not recorded",
        );
      }
    }
    this.#isSending = false;
  }

  async #send(key: string, fresh: CoreV1Event): Promise<void> {
    const nowMs = this.#options.clock.nowMs();
    const known = this.#known.get(key);
    this.#known.delete(key);
    if (known && nowMs - known.seenMs < REPEAT_WINDOW_MS) {
      const repeated = { count: (known.event.count ?? 1) + 1, lastTimestamp: fresh.lastTimestamp };
      const target = { namespace: known.event.metadata.namespace ?? "default", name: known.event.metadata.name ?? "" };
      try {
        const event = await this.#options.client.patch(events, target, repeated, "application/merge-patch+json");
        this.#remember(key, event, nowMs);
        return;
      } catch (error) {
        if (StatusError.from(error).code !== 404) throw error;
      }
    }
    this.#remember(key, await this.#options.client.create(events, fresh), nowMs);
  }

  #remember(key: string, event: CoreV1Event, seenMs: number): void {
    this.#known.set(key, { event, seenMs });
    if (this.#known.size > CACHE_SIZE)
      for (const oldest of [...this.#known.keys()].slice(0, CACHE_SIZE / 4)) this.#known.delete(oldest);
  }

  #createEvent(involvedObject: V1ObjectReference, type: EventType, reason: string, message: string): CoreV1Event {
    const { clock, component, host } = this.#options;
    const nowMs = clock.nowMs();
    const now = `${new Date(nowMs).toISOString().slice(0, 19)}Z`;
    const suffix = (BigInt(nowMs) * 1_000_000n + BigInt(this.#sequence++ % 1_000_000)).toString(16);
    return {
      apiVersion: "v1",
      kind: "Event",
      metadata: { namespace: involvedObject.namespace || "default", name: `${involvedObject.name}.${suffix}` },
      involvedObject,
      reason,
      message: message.slice(0, 1024),
      source: { component, ...(host ? { host } : {}) },
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
      type,
      reportingComponent: component,
      reportingInstance: host ?? "",
    };
  }

  #hasBudget(about: KubeObject): boolean {
    const key = about.metadata.uid ?? about.metadata.name ?? "";
    const nowMs = this.#options.clock.monotonicMs();
    const last = this.#spam.get(key) ?? { tokens: SPAM_BURST, atMs: nowMs };
    const tokens = Math.min(SPAM_BURST, last.tokens + (nowMs - last.atMs) / SPAM_REFILL_MS);
    if (this.#spam.size > CACHE_SIZE) this.#spam.clear();
    this.#spam.set(key, { tokens: tokens >= 1 ? tokens - 1 : tokens, atMs: nowMs });
    return tokens >= 1;
  }
}

function referenceTo(object: KubeObject, fieldPath?: string): V1ObjectReference {
  const { metadata } = object;
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    name: metadata.name,
    ...(metadata.namespace ? { namespace: metadata.namespace } : {}),
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    ...(fieldPath ? { fieldPath } : {}),
  };
}
