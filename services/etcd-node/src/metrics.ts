import { NONE } from "@drydock/raft";
import { Gauge, type Registry } from "prom-client";
import type { Driver } from "./driver/driver.ts";

/** etcd's metric names, read when somebody asks. */
export function registerMetrics(metrics: Registry, driver: Driver): void {
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers: [metrics],
      collect() {
        this.set(value());
      },
    });
  gauge("etcd_server_has_leader", "Whether a leader is known", () => (driver.soft.leader === NONE ? 0 : 1));
  gauge("etcd_server_is_leader", "Whether this member leads", () => (driver.isLeader ? 1 : 0));
  gauge("etcd_server_proposals_committed_total", "Entries committed", () => driver.status.committed);
  gauge("etcd_server_proposals_applied_total", "Entries applied", () => driver.status.applied);
  gauge("etcd_debugging_mvcc_current_revision", "Revision of the store", () => driver.state.machine.store.revision);
  gauge("etcd_debugging_mvcc_keys_total", "Keys in the store", () => driver.state.machine.store.keyCount);
  gauge(
    "etcd_debugging_mvcc_watcher_total",
    "Watchers",
    () => driver.state.watchers.count.synced + driver.state.watchers.count.unsynced,
  );
  gauge("etcd_mvcc_db_total_size_in_bytes", "Size of the database file", () => driver.state.backend.sizeBytes);
}
