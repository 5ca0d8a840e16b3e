import { Counter, Gauge, type Registry as Metrics } from "prom-client";
import type { Registry } from "../registry/registry.ts";
import type { StoreFeed } from "./store-feed.ts";

/** Resource versions are shown by their last fifteen digits. */
const REVISION_MODULUS = 1e15;

/** What the caches hold, read when it is asked for, under upstream's metric names. */
export function registerCacheMetrics(metrics: Metrics, registry: Registry, feed: StoreFeed): void {
  const registers = [metrics];
  const byResource = <T>(add: (labels: { group: string; resource: string }, store: StoreOf) => T) => {
    for (const store of registry.stores) if (!store.definition.conversion) add(store.groupResource, store);
  };
  new Gauge({
    name: "apiserver_storage_objects",
    help: "[DEPRECATED, consider using apiserver_resource_objects instead] Number of stored objects at the time of last check split by kind.",
    labelNames: ["resource"],
    registers,
    collect() {
      this.reset();
      byResource(({ group, resource }, { cache }) =>
        this.set({ resource: group === "" ? resource : `${resource}.${group}` }, cache.size),
      );
    },
  });
  new Gauge({
    name: "apiserver_resource_objects",
    help: "Number of stored objects at the time of last check split by kind.",
    labelNames: ["group", "resource"],
    registers,
    collect() {
      this.reset();
      byResource((labels, { cache }) => this.set(labels, cache.size));
    },
  });
  new Gauge({
    name: "apiserver_watch_cache_resource_version",
    help: "Current resource version of watch cache broken by resource type. This is truncated to the 15 least significant digits.",
    labelNames: ["group", "resource"],
    registers,
    collect() {
      this.reset();
      byResource((labels) => this.set(labels, feed.revision % REVISION_MODULUS));
    },
  });
  new Gauge({
    name: "apiserver_watch_cache_capacity",
    help: "Total capacity of watch cache broken by resource type.",
    labelNames: ["group", "resource"],
    registers,
    collect() {
      this.reset();
      byResource((labels, { cache }) => this.set(labels, cache.eventCount));
    },
  });
  new Counter({
    name: "apiserver_watch_cache_events_received_total",
    help: "Counter of events received in watch cache broken by resource type.",
    labelNames: ["group", "resource"],
    registers,
    collect() {
      this.reset();
      byResource((labels, { cache }) => this.inc(labels, cache.eventsReceived));
    },
  });
  new Counter({
    name: "apiserver_watch_cache_initializations_total",
    help: "Counter of watch cache initializations broken by resource type.",
    labelNames: ["group", "resource"],
    registers,
    collect() {
      this.reset();
      byResource((labels, { cache }) => this.inc(labels, cache.initializations));
    },
  });
}

type StoreOf = Registry["stores"] extends Iterable<infer Store> ? Store : never;
