import type { Host, Logger, Running } from "@drydock/component";
import { flushOutputs, keepRequestsYoung } from "@drydock/http2";
import type { MemberAttributes } from "@drydock/proto/drydock/raft/v1/raft";
import type { Registry } from "prom-client";
import { Access } from "./auth/access.ts";
import { openJwtTokens } from "./auth/jwt-tokens.ts";
import { bootstrapFromFlags } from "./cluster/bootstrap.ts";
import { VersionMonitor } from "./cluster/version-monitor.ts";
import { Compactor, parseRetention } from "./compactor.ts";
import type { EtcdConfig } from "./config.ts";
import { createCompactHashCheck, createCorruptionCheck } from "./corruption/member-hashes.ts";
import { Driver } from "./driver/driver.ts";
import { armFailpoints, failpoint, shiftedClock } from "./driver/failpoints.ts";
import { openMember, type Restored } from "./driver/open-state.ts";
import { parseFeatureGates } from "./feature-gates.ts";
import { createHttpHandlers, type HttpHandlers } from "./http/handler.ts";
import { HealthCounts } from "./http/health.ts";
import { Listeners } from "./listeners.ts";
import { CallCounters } from "./metrics/call-counters.ts";
import type { CallTimes } from "./metrics/call-times.ts";
import { type MetricSources, registerMetrics } from "./metrics/register-metrics.ts";
import { describeCluster } from "./peers/describe-cluster.ts";
import { REMOVED_TEXT } from "./peers/peer-service.ts";
import { PeerSet } from "./peers/peer-set.ts";
import type { RpcContext } from "./rpc/context.ts";
import { createMemberServers, type MemberServers } from "./rpc/servers.ts";
import { memberTlsFrom } from "./tls-from-flags.ts";
import { V2Expirer } from "./v2/expirer.ts";
import { skipSyncs } from "./wal/segment-file.ts";

const PUBLISH_RETRY_MS = 500;
const STOP_GRACE_MS = 1000;

/** Starts one member: opens its data, joins its peers, serves clients. */
export async function start(config: EtcdConfig, host: Host): Promise<Running> {
  const { logger, metrics } = host;
  const clock = shiftedClock(host.clock, Number(process.env["DRYDOCK_CLOCK_OFFSET_MS"] ?? 0));
  armFailpoints(process.env["DRYDOCK_FAILPOINT"]);
  keepRequestsYoung();
  checkTimes(config);
  const gates = parseFeatureGates(config.featureGates.join(","));
  const retention = parseRetention(config.autoCompactionMode, config.autoCompactionRetention);
  const jwt = await openJwtTokens(config.authToken);
  const dataDir = config.dataDir || `${config.name}.etcd`;
  const tls = await memberTlsFrom(config, dataDir, logger);
  const restored = await openFromFlags(config, dataDir, (url) => describeCluster(url, tls.toPeers()));
  const { identity } = restored;
  if (restored.state.machine.members.wasRemoved(identity.memberId)) throw new Error(REMOVED_TEXT);
  const peers = new PeerSet(
    identity.memberId,
    tls.toPeers,
    { onLost: (id) => driver.peerLost(id), onRemoved: () => removed() },
    logger,
  );
  // Whoever waits for an answer, the one to the removal itself too, gets it before.
  const removed = () => clock.setTimer(config.electionTimeout, () => host.fail(new Error(REMOVED_TEXT)));
  const driver: Driver = new Driver({
    id: identity.memberId,
    dataDir,
    restored,
    transport: peers,
    clock,
    logger,
    failpoint,
    heartbeatMs: config.heartbeatInterval,
    electionMs: config.electionTimeout,
    snapshotCount: config.snapshotCount,
    maxRequestBytes: config.maxRequestBytes,
    catchUpEntries: config.snapshotCatchupEntries,
    warningApplyMs: config.warningApplyDuration,
    ...paceOfForgetting(config),
    onFatal: (error) => host.fail(error),
    onRemoved: removed,
    flushAnswers: flushOutputs,
  });
  const access = new Access({
    driver,
    clock,
    jwt,
    tokenTtlMs: config.authTokenTtl * 1000,
    trustsCertificates: config.clientCertAuth,
  });
  const versions = new VersionMonitor(driver, clock, logger);
  const context: RpcContext = { driver, identity, access, clock, logger, versions };
  const calls = new CallCounters(callTimesFrom(config, logger));
  const servers = createMemberServers(context, peers, { ...config, jwt, calls });
  const { leases, watches } = servers;
  const expirer = new V2Expirer(driver, clock, logger);
  const compactor = new Compactor(driver, clock, retention);
  const corruption = createCorruptionCheck(context, peers, config.corruptCheckTime);
  const compactHashes = createCompactHashCheck(
    context,
    peers,
    gates.compactHashCheck ? config.compactHashCheckTime : 0,
  );
  driver.onRestore(() => watches.endAll());
  const http = createHttp(metrics, servers, { context, calls, peers, gates, wal: restored.wal }, config);

  const listeners = new Listeners(config, tls, http, logger);
  const peerListener = await listeners.peers(servers.peers);
  const connectPeers = () => peers.update(driver.state.machine.members.all);
  // Who joins has no members in its state yet: it is told by those who are connected to it.
  connectPeers();
  driver.onMembership(connectPeers);
  driver.start();
  if (config.initialCorruptCheck || gates.initialCorruptCheck) await corruption.checkBeforeServing();
  const background = [leases, expirer, compactor, corruption, compactHashes, versions];
  for (const work of background) work.start();
  const clientListener = await listeners.clients(servers.clients);
  const stopping = new AbortController();
  void publish(
    driver,
    { id: identity.memberId, name: config.name, clientUrls: [...config.advertiseClientUrls] },
    stopping.signal,
  );
  const monitoringListener = await listeners.monitoring();
  logger.info(
    { name: config.name, member: identity.memberId, cluster: identity.clusterId, applied: restored.applied },
    "etcd member started",
  );

  return {
    async stop() {
      stopping.abort();
      for (const work of background) work.stop();
      await driver.stop();
      watches.endAll();
      peers.close();
      await clientListener.stop(STOP_GRACE_MS);
      await peerListener.stop(0);
      await monitoringListener.stop(0);
    },
  };
}

function openFromFlags(
  config: EtcdConfig,
  dataDir: string,
  describe: Parameters<typeof bootstrapFromFlags>[1],
): Promise<Restored> {
  if (config.unsafeNoFsync) skipSyncs();
  const options = { walDir: config.walDir, forcesNewCluster: config.forceNewCluster };
  return openMember(dataDir, () => bootstrapFromFlags(config, describe), options);
}

/** 0 leaves it to the driver, as in etcd. */
function paceOfForgetting({ compactionBatchLimit, compactionSleepInterval }: EtcdConfig) {
  return { deletionsAtOnce: compactionBatchLimit || undefined, restMs: compactionSleepInterval || undefined };
}

const ELECTION_MS_MAX = 50_000;

/** Throws, in etcd's words, where the intervals make no sense. */
function checkTimes(config: EtcdConfig): void {
  const { heartbeatInterval: heartbeat, electionTimeout: election, compactHashCheckTime } = config;
  if (compactHashCheckTime <= 0) throw new Error("--compact-hash-check-time must be >0 (set to 0s)");
  if (5 * heartbeat > election)
    throw new Error(
      `--election-timeout[${election}ms] should be at least as 5 times as --heartbeat-interval[${heartbeat}ms]`,
    );
  if (election > ELECTION_MS_MAX)
    throw new Error(`--election-timeout[${election}ms] is too long, and should be set less than ${ELECTION_MS_MAX}ms`);
}

/** Tells all members, through the log, how this one is called and where clients reach it; tried until it is heard, as nothing can be before there is a leader. */
async function publish(driver: Driver, attributes: MemberAttributes, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const outcome = await driver.propose({ $case: "publish", value: attributes }).catch(() => undefined);
    if (outcome) return;
    await new Promise((resolve) => setTimeout(resolve, PUBLISH_RETRY_MS));
  }
}

function callTimesFrom(config: EtcdConfig, logger: Logger): CallTimes {
  return { isExtensive: config.metrics === "extensive", warningMs: config.warningUnaryRequestDuration, logger };
}

function createHttp(
  metrics: Registry,
  servers: MemberServers,
  sources: Omit<MetricSources, "health" | "quota">,
  config: EtcdConfig,
): HttpHandlers {
  const { services, quota } = servers;
  const health = new HealthCounts();
  registerMetrics(metrics, { ...sources, quota, health });
  const { cors, enableGrpcGateway: hasGateway } = config;
  const { hostWhitelist: hosts } = config;
  return createHttpHandlers({ context: sources.context, services, metrics, health, cors, hosts, hasGateway });
}
