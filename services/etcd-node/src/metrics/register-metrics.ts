import { NONE } from "@drydock/raft";
import { Counter, Gauge, type Metric, type Registry } from "prom-client";
import { majorMinor, SERVER_VERSION } from "../cluster/versions.ts";
import type { Driver } from "../driver/driver.ts";
import type { FeatureGates } from "../feature-gates.ts";
import type { HealthCounts } from "../http/health.ts";
import type { PeerSet } from "../peers/peer-set.ts";
import type { PeerTraffic } from "../peers/peer-traffic.ts";
import type { RpcContext } from "../rpc/context.ts";
import type { Quota } from "../rpc/quota.ts";
import type { Wal } from "../wal/wal.ts";
import type { CallCounter, CallCounters } from "./call-counters.ts";
import type { DurationHistogram } from "./duration-histogram.ts";

export interface MetricSources {
  readonly context: RpcContext;
  readonly quota: Pick<Quota, "limitBytes">;
  readonly calls: CallCounters;
  readonly health: HealthCounts;
  readonly peers: Pick<PeerSet, "all" | "traffic">;
  readonly wal: Pick<Wal, "syncDurations" | "writtenBytes">;
  readonly gates: FeatureGates;
}

/** etcd's metrics by etcd's names. Everything is counted elsewhere, plainly, and read when somebody asks. */
export function registerMetrics(registry: Registry, sources: MetricSources): void {
  const { driver } = sources.context;
  const read = reader(registry);
  registerServer(read, sources);
  registerStore(read, driver);
  registerNetwork(registry, read, sources);
  registerDisk(registry, read, sources);
  registerApplying(registry, driver);
  registerHashes(registry, driver);
  registerLeases(read, driver);
  registerCalls(registry, read, sources.calls);
}

interface Reader {
  gauge(name: string, help: string, value: () => number): void;
  counter(name: string, help: string, value: () => number): void;
  label(name: string, help: string, labels: Labels): void;
  /** A gauge for each set of labels. */
  labels(name: string, help: string, labelNames: readonly string[], values: () => readonly Labelled[]): void;
  /** A counter for each set of labels. */
  counters(name: string, help: string, labelNames: readonly string[], values: () => readonly Labelled[]): void;
}

type Labels = Readonly<Record<string, string>>;

interface Labelled {
  readonly labels: Labels;
  readonly value: number;
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
    labels(name, help, labelNames, values) {
      const collect = function (this: Gauge) {
        this.reset();
        for (const { labels, value } of values()) this.set(labels, value);
      };
      new Gauge({ name, help, registers, labelNames, collect });
    },
    counters(name, help, labelNames, values) {
      const collect = function (this: Counter) {
        this.reset();
        for (const { labels, value } of values()) this.inc(labels, value);
      };
      new Counter({ name, help, registers, labelNames, collect });
    },
  };
}

function registerDisk(registry: Registry, { gauge }: Reader, { context, wal }: MetricSources): void {
  const backend = () => context.driver.state.backend;
  const durations = (name: string, help: string, histogram: () => DurationHistogram) =>
    registerDurations(registry, `etcd_disk_${name}`, help, histogram);
  durations("wal_fsync_duration_seconds", "How long the log took to be durable", () => wal.syncDurations);
  durations("backend_commit_duration_seconds", "Commits of the database", () => backend().commitDurations);
  durations("backend_defrag_duration_seconds", "Defragmentations", () => backend().defragmentDurations);
  durations("backend_snapshot_duration_seconds", "Snapshots sent", () => backend().snapshotDurations);
  gauge("etcd_disk_wal_write_bytes_total", "Written to the log", () => wal.writtenBytes);
  gauge("etcd_disk_defrag_inflight", "Whether the database is defragmented now", () =>
    backend().isDefragmenting ? 1 : 0,
  );
  gauge("etcd_mvcc_db_open_read_transactions", "Snapshots being sent", () => backend().pinCount);
}

function registerDurations(registry: Registry, name: string, help: string, histogram: () => DurationHistogram): void {
  const unlabelled = () => [{ labels: {}, histogram: histogram() }];
  registry.registerMetric(new HistogramMetric(name, help, unlabelled) as unknown as Metric);
}

function registerApplying(registry: Registry, driver: Driver): void {
  const histograms = () =>
    Array.from(driver.counts.durations.histograms(), ({ op, success, histogram }) => {
      return { labels: { version: "v3", op, success: String(success) }, histogram };
    });
  const metric = new HistogramMetric("etcd_server_apply_duration_seconds", "Applying, by kind of command", histograms);
  registry.registerMetric(metric as unknown as Metric);
}

function registerHashes(registry: Registry, driver: Driver): void {
  const durations = () => driver.state.hashes.durations;
  registerDurations(registry, "etcd_mvcc_hash_duration_seconds", "Hashes of everything", () => durations().whole);
  registerDurations(registry, "etcd_mvcc_hash_rev_duration_seconds", "Hashes at a revision", () => durations().at);
}

function registerLeases({ counter }: Reader, driver: Driver): void {
  const operations = () => driver.state.machine.lessor.operations;
  counter("etcd_debugging_lease_granted_total", "Leases granted", () => operations().granted);
  counter("etcd_debugging_lease_revoked_total", "Leases revoked", () => operations().revoked);
  counter("etcd_debugging_lease_renewed_total", "Leases renewed, by the leader", () => operations().renewed);
}

function registerServer(read: Reader, { context, quota, health, gates }: MetricSources): void {
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
  counter("etcd_server_slow_apply_total", "Turns in which applying was slow", () => driver.counts.slowTurns);
  counter("etcd_server_slow_read_indexes_total", "Reads asked again", () => driver.counts.reads.slow);
  counter("etcd_server_read_indexes_failed_total", "Reads given up on", () => driver.counts.reads.failed);
  gauge("etcd_server_quota_backend_bytes", "Size at which nothing more is written", () => quota.limitBytes);
  counter("etcd_server_health_success", "Good answers of /health", () => health.succeeded);
  counter("etcd_server_health_failures", "Bad answers of /health", () => health.failed);
  gauge("etcd_debugging_auth_revision", "Revision of users and roles", () => driver.state.machine.auth.revision);
  read.label("etcd_server_id", "Id of this member", { server_id: BigInt(identity.memberId).toString(16) });
  read.label("etcd_server_version", "Version of this member", { server_version: SERVER_VERSION });
  read.labels("etcd_server_feature_enabled", "Whether a feature is on", ["name", "stage"], () =>
    gates.all.map(({ name, stage, isEnabled }) => ({ labels: { name, stage }, value: isEnabled ? 1 : 0 })),
  );
  read.labels("etcd_cluster_version", "Version of the cluster", ["cluster_version"], () => [
    { labels: { cluster_version: majorMinor(driver.state.machine.versions.cluster) }, value: 1 },
  ]);
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

function registerNetwork(registry: Registry, read: Reader, { context, peers }: MetricSources): void {
  const hex = (id: string) => BigInt(id).toString(16);
  const Local = hex(context.identity.memberId);
  const known = (value: (isActive: boolean) => number) => () =>
    peers.all.map(({ id, isActive }) => ({ labels: { Local, Remote: hex(id) }, value: value(isActive) }));
  read.labels("etcd_network_active_peers", "Whether the peer is connected", ["Local", "Remote"], known(Number));
  read.labels(
    "etcd_network_known_peers",
    "Peers",
    ["Local", "Remote"],
    known(() => 1),
  );
  const traffic = (label: "To" | "From", value: (traffic: PeerTraffic) => number) => () =>
    Array.from(peers.traffic, ([id, all]) => ({ labels: { [label]: hex(id) }, value: value(all) }));
  const counter = (name: string, help: string, label: "To" | "From", value: (traffic: PeerTraffic) => number) =>
    read.counters(`etcd_network_${name}`, help, [label], traffic(label, value));
  counter("peer_sent_bytes_total", "Octets of messages to a peer", "To", (all) => all.sentBytes);
  counter("peer_received_bytes_total", "Octets of messages from a peer", "From", (all) => all.receivedBytes);
  counter("snapshot_send_success", "Snapshots sent", "To", ({ snapshots }) => snapshots.sent);
  counter("snapshot_send_failures", "Snapshots not sent", "To", ({ snapshots }) => snapshots.failed);
  read.labels(
    "etcd_network_snapshot_send_inflights_total",
    "Snapshots on their way",
    ["To"],
    traffic("To", ({ snapshots }) => snapshots.underWay),
  );
  read.counters("etcd_network_disconnected_peers_total", "Connections lost", ["Local", "Remote"], () =>
    Array.from(peers.traffic, ([id, all]) => ({ labels: { Local, Remote: hex(id) }, value: all.disconnects })),
  );
  const roundTrips = () =>
    Array.from(peers.traffic, ([id, all]) => ({ labels: { To: hex(id) }, histogram: all.roundTrips }));
  const metric = new HistogramMetric("etcd_network_peer_round_trip_time_seconds", "To a peer and back", roundTrips);
  registry.registerMetric(metric as unknown as Metric);
}

function registerCalls(registry: Registry, read: Reader, calls: CallCounters): void {
  const names = ["grpc_type", "grpc_service", "grpc_method"];
  const labelsOf = ({ type, service, method }: CallCounter) => {
    return { grpc_type: type, grpc_service: service, grpc_method: method };
  };
  const counter = (name: string, help: string, value: (counter: CallCounter) => number) =>
    read.counters(`grpc_server_${name}_total`, help, names, () =>
      calls.all.map((each) => ({ labels: labelsOf(each), value: value(each) })),
    );
  counter("started", "Calls that began", ({ started }) => started);
  counter("msg_received", "Messages that came", ({ received }) => received.count);
  counter("msg_sent", "Messages that were sent", ({ sent }) => sent.count);
  read.counters("grpc_server_handled_total", "Calls that ended", [...names, "grpc_code"], () =>
    calls.all.flatMap((each) =>
      Array.from(each.handled, ([code, value]) => ({ labels: { ...labelsOf(each), grpc_code: code }, value })),
    ),
  );
  const timed = () =>
    calls.all.flatMap((each) => (each.durations ? [{ labels: labelsOf(each), histogram: each.durations }] : []));
  const metric = new HistogramMetric("grpc_server_handling_seconds", "How long calls took", timed);
  if (timed().length > 0) registry.registerMetric(metric as unknown as Metric);
  const { counter: plain } = read;
  plain("etcd_network_client_grpc_received_bytes_total", "Octets from clients", () => calls.bytes.received);
  plain("etcd_network_client_grpc_sent_bytes_total", "Octets to clients", () => calls.bytes.sent);
}

/** What prom-client's registry wants of a metric, made of histograms that are kept elsewhere. */
class HistogramMetric {
  readonly name: string;
  readonly help: string;
  readonly #histograms: () => Iterable<{ labels: Labels; histogram: DurationHistogram }>;

  constructor(
    name: string,
    help: string,
    histograms: () => Iterable<{ labels: Labels; histogram: DurationHistogram }>,
  ) {
    this.name = name;
    this.help = help;
    this.#histograms = histograms;
  }

  async get() {
    const { name, help } = this;
    const values = [...this.#histograms()].flatMap(({ labels, histogram }) => this.#values(labels, histogram));
    return { name, help, type: "histogram", aggregator: "sum", values };
  }

  #values(labels: Labels, histogram: DurationHistogram) {
    const { name } = this;
    const bucket = (le: number | string, value: number) => {
      return { metricName: `${name}_bucket`, labels: { ...labels, le }, value };
    };
    return [
      ...Array.from(histogram.buckets(), ({ boundSeconds, count }) => bucket(boundSeconds, count)),
      bucket("+Inf", histogram.count),
      { metricName: `${name}_sum`, labels, value: histogram.sumSeconds },
      { metricName: `${name}_count`, labels, value: histogram.count },
    ];
  }

  /** Counted elsewhere. */
  reset(): void {}
}
