import {
  grpcChannelCredentials,
  grpcServerCredentials,
  type HealthServer,
  type Host,
  loadTls,
  type Running,
  serveHealth,
  type TlsMaterial,
} from "@drydock/component";
import { type MemberAttributes, PeerService } from "@drydock/proto/drydock/raft/v1/raft";
import {
  ClusterService,
  KVService,
  LeaseService,
  MaintenanceService,
  WatchService,
} from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { NONE, type SnapshotRequest } from "@drydock/raft";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { bootstrapFromFlags } from "./cluster/bootstrap.ts";
import { Compactor, parseRetention } from "./compactor.ts";
import type { EtcdConfig } from "./config.ts";
import { Driver } from "./driver/driver.ts";
import { armFailpoints, failpoint } from "./driver/failpoints.ts";
import { openMember } from "./driver/open-state.ts";
import { registerMetrics } from "./metrics.ts";
import { describeCluster } from "./peers/describe-cluster.ts";
import { createPeerService, REMOVED_TEXT } from "./peers/peer-service.ts";
import { PeerSet } from "./peers/peer-set.ts";
import type { RpcContext } from "./rpc/context.ts";
import { createKvService } from "./rpc/kv.ts";
import { LeaseRpc } from "./rpc/lease.ts";
import { createMaintenanceService } from "./rpc/maintenance.ts";
import { MembershipRpc } from "./rpc/membership.ts";
import { Quota } from "./rpc/quota.ts";
import { WatchRpc } from "./rpc/watch.ts";

const PUBLISH_RETRY_MS = 500;

/** Starts one member: opens its data, joins its peers, serves clients. */
export async function start(config: EtcdConfig, host: Host): Promise<Running> {
  const { clock, logger, metrics } = host;
  armFailpoints(process.env["DRYDOCK_FAILPOINT"]);
  const retention = parseRetention(config.autoCompactionMode, config.autoCompactionRetention);
  const clientTls = await optionalTls(config.trustedCaFile, config.certFile, config.keyFile);
  const peerTls = await optionalTls(config.peerTrustedCaFile, config.peerCertFile, config.peerKeyFile);
  const dataDir = config.dataDir || `${config.name}.etcd`;
  const peerCredentials = () => peerTls && grpcChannelCredentials(peerTls);
  const restored = await openMember(dataDir, () =>
    bootstrapFromFlags(config, (url) => describeCluster(url, peerCredentials())),
  );
  const { identity } = restored;
  if (restored.state.machine.members.wasRemoved(identity.memberId)) throw new Error(REMOVED_TEXT);
  const peers = new PeerSet(
    identity.memberId,
    peerCredentials,
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
    onFatal: (error) => host.fail(error),
    onRemoved: removed,
  });
  const context: RpcContext = { driver, identity, clock, logger };
  const quota = new Quota(context, config.quotaBackendBytes);
  const leases = new LeaseRpc(context, quota, (id) => peers.rpc(id));
  const membership = new MembershipRpc(
    context,
    (id) => peers.rpc(id),
    (ids) => peers.connected(ids),
  );
  const watches = new WatchRpc(context);
  const compactor = new Compactor(driver, clock, retention);
  driver.onRestore(() => watches.endAll());
  registerMetrics(metrics, driver);

  const peerServer = createServer();
  peerServer.addService(
    PeerService,
    createPeerService({
      onMessages: (messages) => driver.receive(messages),
      onSnapshot: (message, records) => driver.receiveSnapshot(message as SnapshotRequest, records),
      wasRemoved: (id) => driver.state.machine.members.wasRemoved(id),
      leases,
      membership,
    }),
  );
  const clientServer = createServer();
  clientServer.addService(KVService, createKvService(context, quota));
  clientServer.addService(WatchService, watches.service());
  clientServer.addService(LeaseService, leases.service());
  clientServer.addService(ClusterService, membership.service());
  clientServer.addService(MaintenanceService, createMaintenanceService(context, quota));

  await listen(peerServer, config.listenPeerUrls, peerTls, true);
  const connectPeers = () => peers.update(driver.state.machine.members.all);
  // Who joins has no members in its state yet: it is told by those who are connected to it.
  connectPeers();
  driver.onMembership(connectPeers);
  driver.start();
  leases.start();
  compactor.start();
  await listen(clientServer, config.listenClientUrls, clientTls, config.clientCertAuth);
  const stopping = new AbortController();
  void publish(
    driver,
    { id: identity.memberId, name: config.name, clientUrls: [...config.advertiseClientUrls] },
    stopping.signal,
  );
  const health = await Promise.all(config.listenMetricsUrls.map((url) => serveMetrics(url, host, driver)));
  logger.info(
    { name: config.name, member: identity.memberId, cluster: identity.clusterId, applied: restored.applied },
    "etcd member started",
  );

  return {
    async stop() {
      stopping.abort();
      compactor.stop();
      leases.stop();
      await driver.stop();
      watches.endAll();
      peers.close();
      clientServer.forceShutdown();
      peerServer.forceShutdown();
      await Promise.all(health.map((server) => server.stop()));
    },
  };
}

function createServer(): Server {
  return new Server({
    "grpc.max_receive_message_length": -1,
    "grpc.max_send_message_length": -1,
    "grpc.keepalive_permit_without_calls": 1,
    "grpc.http2.min_time_between_pings_ms": 500,
    "grpc.enable_channelz": 0,
  });
}

async function optionalTls(caFile: string, certFile: string, keyFile: string): Promise<TlsMaterial | undefined> {
  return certFile ? loadTls({ caFile, certFile, keyFile }) : undefined;
}

async function listen(
  server: Server,
  urls: readonly string[],
  tls: TlsMaterial | undefined,
  requiresCertificate: boolean,
): Promise<void> {
  for (const text of urls) {
    const url = new URL(text);
    if (url.protocol === "https:" && !tls) throw new Error(`${text} needs a certificate and key`);
    const credentials =
      url.protocol === "https:" && tls
        ? serverCredentials(tls, requiresCertificate)
        : ServerCredentials.createInsecure();
    await new Promise<void>((resolve, reject) => {
      server.bindAsync(url.host, credentials, (error) =>
        error ? reject(new Error(`cannot listen on ${text}: ${error.message}`)) : resolve(),
      );
    });
  }
}

function serverCredentials(tls: TlsMaterial, requiresCertificate: boolean): ServerCredentials {
  if (requiresCertificate) return grpcServerCredentials(tls);
  return ServerCredentials.createSsl(tls.ca, [{ cert_chain: tls.cert, private_key: tls.key }], false);
}

/** Tells all members, through the log, how this one is called and where clients reach it; tried until it is heard, as nothing can be before there is a leader. */
async function publish(driver: Driver, attributes: MemberAttributes, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const outcome = await driver.propose({ $case: "publish", value: attributes }).catch(() => undefined);
    if (outcome) return;
    await new Promise((resolve) => setTimeout(resolve, PUBLISH_RETRY_MS));
  }
}

function serveMetrics(url: string, host: Host, driver: Driver): Promise<HealthServer> {
  const { hostname, port } = new URL(url);
  const hasLeader = () => {
    if (driver.soft.leader === NONE) throw new Error("no leader");
  };
  return serveHealth({
    host: hostname,
    port: Number(port),
    metrics: host.metrics,
    readiness: { "raft-leader": hasLeader },
  });
}
