import { NONE } from "@drydock/raft";
import { Counter, Gauge, type Metric, type Registry } from "prom-client";
import type { Driver } from "../driver/driver.ts";
import type { HealthCounts } from "../http/health.ts";
import type { PeerSet } from "../peers/peer-set.ts";
import { type RpcContext, SERVER_VERSION } from "../rpc/context.ts";
import type { Quota } from "../rpc/quota.ts";
import type { Wal } from "../wal/wal.ts";
import type { CallCounters } from "./call-counters.ts";
import type { DurationHistogram } from "./duration-histogram.ts";

export interface MetricSources {
  readonly context: RpcContext;
  readonly quota: Pick<Quota, "limitBytes">;
  readonly calls: CallCounters;
  readonly health: HealthCounts;
  readonly peers: Pick<PeerSet, "all">;
  readonly wal: Pick<Wal, "syncDurations">;
}

/** etcd's metrics by etcd's names. Everything is counted elsewhere, plainly, and read when somebody asks. */
export function registerMetrics(registry: Registry, sources: MetricSources): void {
  const { driver } = sources.context;
  const read = reader(registry);
  registerServer(read, sources);
  registerStore(read, driver);
  registerNetwork(registry, sources);
  const disk = (name: string, help: string, histogram: () => DurationHistogram) =>
    registry.registerMetric(new HistogramMetric(name, help, histogram) as unknown as Metric);
  disk("etcd_disk_wal_fsync_duration_seconds", "How long the log took to be durable", () => sources.wal.syncDurations);
  disk(
    "etcd_disk_backend_commit_duration_seconds",
    "How long the database took to commit",
    () => driver.state.backend.commitDurations,
  );
  registerCalls(registry, sources.calls);
}

interface Reader {
  gauge(name: string, help: string, value: () => number): void;
  counter(name: string, help: string, value: () => number): void;
  label(name: string, help: string, labels: Readonly<Record<string, string>>): void;
}

function reader(registry: Registry): Reader {
  const registers = [registry];
  return {
    gauge(name, help, value) {
      const collect = function (this: Gauge) {
        this.set(value());
      };
      new Gauge({ name, help, registers, collect });
    },
    counter(name, help, value) {
      const collect = function (this: Counter) {
        this.reset();
        this.inc(value());
      };
      new Counter({ name, help, registers, collect });
    },
    label(name, help, labels) {
      new Gauge({ name, help, registers, labelNames: Object.keys(labels) }).set(labels, 1);
    },
  };
}

function registerServer(read: Reader, { context, quota, health }: MetricSources): void {
  const { driver, identity } = context;
  const { gauge, counter } = read;
  gauge("etcd_server_has_leader", "Whether a leader is known", () => (driver.soft.leader === NONE ? 0 : 1));
  gauge("etcd_server_is_leader", "Whether this member leads", () => (driver.isLeader ? 1 : 0));
  gauge("etcd_server_is_learner", "Whether this member only learns", () =>
    driver.state.machine.members.get(identity.memberId)?.isLearner ? 1 : 0,
  );
  counter("etcd_server_leader_changes_seen_total", "Leaders seen", () => driver.counts.leaderChanges);
  gauge("etcd_server_proposals_committed_total", "Entries committed", () => driver.status.committed);
  gauge("etcd_server_proposals_applied_total", "Entries applied", () => driver.status.applied);
  gauge("etcd_server_proposals_pending", "Proposals without an outcome", () => driver.counts.pending);
  counter("etcd_server_proposals_failed_total", "Proposals without an outcome in time", () => driver.counts.failed);
  gauge("etcd_server_quota_backend_bytes", "Size at which nothing more is written", () => quota.limitBytes);
  counter("etcd_server_health_success", "Good answers of /health", () => health.succeeded);
  counter("etcd_server_health_failures", "Bad answers of /health", () => health.failed);
  gauge("etcd_debugging_auth_revision", "Revision of users and roles", () => driver.state.machine.auth.revision);
  read.label("etcd_server_id", "Id of this member", { server_id: BigInt(identity.memberId).toString(16) });
  read.label("etcd_server_version", "Version of this member", { server_version: SERVER_VERSION });
  read.label("etcd_cluster_version", "Version of the cluster", {
    cluster_version: SERVER_VERSION.replace(/\.\d+$/, ""),
  });
}

function registerStore({ gauge, counter }: Reader, driver: Driver): void {
  const store = () => driver.state.machine.store;
  const watchers = () => driver.state.watchers.count;
  const operations = () => driver.state.machine.operations;
  gauge("etcd_debugging_mvcc_current_revision", "Revision of the store", () => store().revision);
  gauge("etcd_debugging_mvcc_compact_revision", "Revision of the last compaction", () => store().compactedRevision);
  gauge("etcd_debugging_mvcc_keys_total", "Keys in the store", () => store().keyCount);
  gauge("etcd_debugging_mvcc_watcher_total", "Watchers", () => watchers().synced + watchers().unsynced);
  gauge("etcd_debugging_mvcc_slow_watcher_total", "Watchers that lag", () => watchers().unsynced);
  gauge("etcd_mvcc_db_total_size_in_bytes", "Size of the database file", () => driver.state.backend.sizeBytes);
  gauge("etcd_mvcc_db_total_size_in_use_in_bytes", "Of it, what is used", () => driver.state.backend.sizeInUseBytes);
  counter("etcd_mvcc_range_total", "Ranges", () => operations().range);
  counter("etcd_mvcc_put_total", "Puts", () => operations().put);
  counter("etcd_mvcc_delete_total", "Deletions", () => operations().delete);
  counter("etcd_mvcc_txn_total", "Transactions", () => operations().txn);
}

function registerNetwork(registry: Registry, { context, peers }: MetricSources): void {
  const { memberId } = context.identity;
  const labelNames = ["Local", "Remote"];
  const hex = (id: string) => BigInt(id).toString(16);
  const gauge = (name: string, help: string, value: (isActive: boolean) => number) => {
    const collect = function (this: Gauge) {
      this.reset();
      for (const { id, isActive } of peers.all) this.set({ Local: hex(memberId), Remote: hex(id) }, value(isActive));
    };
    new Gauge({ name, help, registers: [registry], labelNames, collect });
  };
  gauge("etcd_network_active_peers", "Whether the peer is connected", (isActive) => (isActive ? 1 : 0));
  gauge("etcd_network_known_peers", "Peers", () => 1);
}

function registerCalls(registry: Registry, calls: CallCounters): void {
  const labelNames = ["grpc_type", "grpc_service", "grpc_method"];
  new Counter({
    name: "grpc_server_started_total",
    help: "Calls that began",
    registers: [registry],
    labelNames,
    collect() {
      this.reset();
      for (const { type, service, method, started } of calls.all)
        this.inc({ grpc_type: type, grpc_service: service, grpc_method: method }, started);
    },
  });
  new Counter({
    name: "grpc_server_handled_total",
    help: "Calls that ended",
    registers: [registry],
    labelNames: [...labelNames, "grpc_code"],
    collect() {
      this.reset();
      for (const { type, service, method, handled } of calls.all)
        for (const [code, count] of handled)
          this.inc({ grpc_type: type, grpc_service: service, grpc_method: method, grpc_code: code }, count);
    },
  });
}

/** What prom-client's registry wants of a metric, made of a histogram that is kept elsewhere. */
class HistogramMetric {
  readonly name: string;
  readonly help: string;
  readonly #histogram: () => DurationHistogram;

  constructor(name: string, help: string, histogram: () => DurationHistogram) {
    this.name = name;
    this.help = help;
    this.#histogram = histogram;
  }

  async get() {
    const { name, help } = this;
    const histogram = this.#histogram();
    const bucket = (le: number | string, value: number) => ({ metricName: `${name}_bucket`, labels: { le }, value });
    const values = [
      ...Array.from(histogram.buckets(), ({ boundSeconds, count }) => bucket(boundSeconds, count)),
      bucket("+Inf", histogram.count),
      { metricName: `${name}_sum`, labels: {}, value: histogram.sumSeconds },
      { metricName: `${name}_count`, labels: {}, value: histogram.count },
    ];
    return { name, help, type: "histogram", aggregator: "sum", values };
  }

  /** Counted elsewhere. */
  reset(): void {}
}
