import {
  grpcChannelCredentials,
  type HealthServer,
  type Host,
  loadTls,
  type Running,
  serveHealth,
} from "@drydock/component";
import { keepRequestsYoung } from "@drydock/http2";
import { PeerService } from "@drydock/proto/drydock/raft/v1/raft";
import {
  ClusterService,
  KVService,
  LeaseService,
  MaintenanceService,
  WatchService,
} from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { NONE, type SnapshotRequest } from "@drydock/raft";
import { Server } from "@grpc/grpc-js";
import { initialConfiguration, parseCluster } from "./cluster/cluster.ts";
import { Compactor, parseRetention } from "./compactor.ts";
import type { EtcdConfig } from "./config.ts";
import { Driver } from "./driver/driver.ts";
import { failpointFromEnvironment } from "./driver/failpoints.ts";
import { openMember } from "./driver/open-state.ts";
import type { HttpHandler } from "./http/exchange.ts";
import { registerMetrics } from "./metrics.ts";
import { PeerConnection } from "./peers/peer-client.ts";
import { createPeerService } from "./peers/peer-service.ts";
import { createClusterService } from "./rpc/cluster.ts";
import type { RpcContext } from "./rpc/context.ts";
import { createKvService } from "./rpc/kv.ts";
import { LeaseRpc } from "./rpc/lease.ts";
import { createMaintenanceService } from "./rpc/maintenance.ts";
import { WatchRpc } from "./rpc/watch.ts";
import type { Served, TlsOptions } from "./transport/listen.ts";
import { listenAll } from "./transport/listen-all.ts";

const PUBLISH_RETRY_MS = 500;
const STOP_GRACE_MS = 1000;

/** Starts one member: opens its data, joins its peers, serves clients. */
export async function start(config: EtcdConfig, host: Host): Promise<Running> {
  const { clock, logger, metrics } = host;
  keepRequestsYoung();
  const retention = parseRetention(config.autoCompactionMode, config.autoCompactionRetention);
  const cluster = parseCluster({
    initialCluster:
      config.initialCluster || `${config.name}=${config.initialAdvertisePeerUrls.join(`,${config.name}=`)}`,
    token: config.initialClusterToken,
    name: config.name,
  });
  const clientTls = optionalTls(config.trustedCaFile, config.certFile, config.keyFile, config.clientCertAuth);
  const peerTls = optionalTls(config.peerTrustedCaFile, config.peerCertFile, config.peerKeyFile, true);
  const peerCredentials = peerTls && grpcChannelCredentials(await loadTls(peerTls));
  const dataDir = config.dataDir || `${config.name}.etcd`;
  const restored = await openMember(dataDir, initialConfiguration(cluster));
  const peers = new Map<string, PeerConnection>();
  const driver = new Driver({
    id: cluster.self.id,
    dataDir,
    restored,
    transport: {
      send: (to, messages) => peers.get(to)?.send(messages),
      sendSnapshot: async (message, records) => {
        const peer = peers.get(message.to);
        if (!peer) throw new Error("no such peer");
        await peer.sendSnapshot(message, records);
      },
    },
    clock,
    logger,
    failpoint: failpointFromEnvironment(process.env),
    heartbeatMs: config.heartbeatInterval,
    electionMs: config.electionTimeout,
    snapshotCount: config.snapshotCount,
    onFatal: (error) => host.fail(error),
  });
  const context: RpcContext = { driver, cluster, clock, logger };
  const leases = new LeaseRpc(context, (id) => peers.get(id)?.rpc);
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
      leases,
    }),
  );
  const clientServer = createServer();
  clientServer.addService(KVService, createKvService(context));
  clientServer.addService(WatchService, watches.service());
  clientServer.addService(LeaseService, leases.service());
  clientServer.addService(ClusterService, createClusterService(context));
  clientServer.addService(MaintenanceService, createMaintenanceService(context));

  const served = (grpcServer: Server): Served => ({
    grpcServer,
    http: notFound,
    transport: config.http2Transport,
    onProblem: (error) => logger.warn({ err: error }, "cannot read the new certificates"),
  });
  const peerListener = await listenAll(config.listenPeerUrls, peerTls, served(peerServer));
  for (const member of cluster.members) {
    if (member.id === cluster.self.id) continue;
    const events = { onLost: () => driver.peerLost(member.id) };
    peers.set(member.id, new PeerConnection(member.peerUrls[0] as string, peerCredentials, events, logger));
  }
  driver.start();
  leases.start();
  compactor.start();
  const clientListener = await listenAll(config.listenClientUrls, clientTls, served(clientServer));
  const stopping = new AbortController();
  void publish(driver, cluster.self.id, config.advertiseClientUrls, stopping.signal);
  const health = await Promise.all(config.listenMetricsUrls.map((url) => serveMetrics(url, host, driver)));
  logger.info(
    { name: config.name, member: cluster.self.id, cluster: cluster.id, applied: restored.applied },
    "etcd member started",
  );

  return {
    async stop() {
      stopping.abort();
      compactor.stop();
      leases.stop();
      await driver.stop();
      watches.endAll();
      for (const peer of peers.values()) peer.close();
      await clientListener.stop(STOP_GRACE_MS);
      await peerListener.stop(0);
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

function optionalTls(
  caFile: string,
  certFile: string,
  keyFile: string,
  requiresCertificate: boolean,
): TlsOptions | undefined {
  return certFile ? { caFile, certFile, keyFile, requiresCertificate } : undefined;
}

const notFound: HttpHandler = async (_request, response) => {
  response.begin(404, { "content-type": "text/plain; charset=utf-8" });
  response.end("404 page not found\n");
};

/** Tells all members, through the log, where clients reach this one; tried until it is heard, as nothing can be before there is a leader. */
async function publish(driver: Driver, id: string, clientUrls: readonly string[], signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const outcome = await driver
      .propose({ $case: "publish", value: { id, clientUrls: [...clientUrls] } })
      .catch(() => undefined);
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
