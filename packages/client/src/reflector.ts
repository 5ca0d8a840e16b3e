import { type KubeObject, StatusError } from "@drydock/apimachinery";
import { type BackoffPolicy, backoffDelayMs, type Clock, type Prng, sleep } from "@drydock/base";
import type { Logger } from "@drydock/component";
import type { ResourceRef } from "@drydock/kube-api";
import type { ApiClient, TypedWatchEvent } from "./api-client.ts";

export interface ReflectorOptions<T extends KubeObject> {
  readonly client: ApiClient;
  readonly resource: ResourceRef<T>;
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly clock: Clock;
  readonly prng: Prng;
  readonly logger: Logger;
  /** The whole state at one resource version. */
  replace(objects: readonly T[]): void;
  /** ADDED, MODIFIED and DELETED, in order. */
  apply(events: readonly TypedWatchEvent<T>[]): void;
}

const BACKOFF: BackoffPolicy = { initialMs: 200, maxMs: 10_000, factor: 2, jitter: 0.2 };
const SHORT_WATCH_MS = 1_000;

/** Mirrors one resource until aborted: list once, then watch; resume after a break, list again when the server says it is too late. */
export async function runReflector<T extends KubeObject>(
  options: ReflectorOptions<T>,
  signal: AbortSignal,
): Promise<void> {
  let resourceVersion: string | undefined;
  let failures = 0;
  while (!signal.aborted) {
    try {
      if (resourceVersion === undefined) resourceVersion = await list(options);
      const startedMs = options.clock.monotonicMs();
      for await (const events of watchFrom(options, resourceVersion, signal)) {
        failures = 0;
        resourceVersion = applyEvents(options, events) ?? resourceVersion;
      }
      // A server that ends watches at once (it is stopping) must not be asked in a tight loop.
      if (options.clock.monotonicMs() - startedMs < SHORT_WATCH_MS) await pause(options, 0, signal);
    } catch (error) {
      if (signal.aborted) return;
      const status = StatusError.from(error);
      if (status.code === 410) resourceVersion = undefined;
      options.logger.debug({ resource: options.resource.resource, err: status.message }, "watch interrupted");
      await pause(options, failures++, signal);
    }
  }
}

async function list<T extends KubeObject>(options: ReflectorOptions<T>): Promise<string> {
  const { client, resource, namespace, labelSelector, fieldSelector } = options;
  const result = await client.list(resource, { namespace, labelSelector, fieldSelector, resourceVersion: "0" });
  options.replace(result.items.map((item) => ({ ...item, apiVersion: apiVersionOf(resource), kind: resource.kind })));
  return result.metadata.resourceVersion ?? "0";
}

function watchFrom<T extends KubeObject>(options: ReflectorOptions<T>, resourceVersion: string, signal: AbortSignal) {
  const { client, resource, namespace, labelSelector, fieldSelector, prng } = options;
  const timeoutSeconds = 300 + prng.integer(300);
  return client.watch(
    resource,
    { namespace, labelSelector, fieldSelector, resourceVersion, allowWatchBookmarks: true, timeoutSeconds },
    signal,
  );
}

/** Applies what changes state and returns the last resource version seen, bookmarks included. */
function applyEvents<T extends KubeObject>(
  options: ReflectorOptions<T>,
  events: readonly TypedWatchEvent<T>[],
): string | undefined {
  const changes = events.filter((event) => event.type !== "BOOKMARK" && event.type !== "ERROR");
  if (changes.length > 0) options.apply(changes);
  return events.at(-1)?.object.metadata.resourceVersion;
}

async function pause(options: ReflectorOptions<KubeObject>, attempt: number, signal: AbortSignal): Promise<void> {
  await sleep(options.clock, backoffDelayMs(BACKOFF, Math.min(attempt, 10), options.prng), signal).catch(() => {});
}

function apiVersionOf(resource: ResourceRef<KubeObject>): string {
  return resource.group ? `${resource.group}/${resource.version}` : resource.version;
}
