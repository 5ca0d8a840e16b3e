import { stringifyJson } from "@drydock/apimachinery";
import type { Clock } from "@drydock/base";
import type { RequestInfo } from "../../http/request-info.ts";
import type { Registry, ResourceStore } from "../../registry/registry.ts";
import type { ObjectStats } from "./work-estimate.ts";

const FRESH_MS = 10_000;
/** So many objects are looked at to know how large they are. */
const SAMPLES = 8;

/** How many objects of a kind the cache holds, and about how large they are; the latter looked at now and then. */
export function createObjectStats(registry: Registry, clock: Pick<Clock, "monotonicMs">) {
  const sizes = new WeakMap<ResourceStore, { readonly bytes: number; readonly atMs: number }>();
  const averageBytes = (store: ResourceStore): number => {
    const nowMs = clock.monotonicMs();
    const known = sizes.get(store);
    if (known && nowMs - known.atMs < FRESH_MS) return known.bytes;
    const bytes = sampleBytes(store);
    sizes.set(store, { bytes, atMs: nowMs });
    return bytes;
  };
  return ({ group, version, resource }: RequestInfo): ObjectStats | undefined => {
    const store = registry.find(group, version, resource);
    return store && { count: store.cache.size, averageBytes: averageBytes(store) };
  };
}

function sampleBytes({ cache }: ResourceStore): number {
  let sum = 0;
  let count = 0;
  for (const { object } of cache.scan()) {
    sum += stringifyJson(object).length;
    if (++count >= SAMPLES) break;
  }
  return count === 0 ? 0 : sum / count;
}
