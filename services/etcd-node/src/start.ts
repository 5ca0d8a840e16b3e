import {
  grpcChannelCredentials,
  grpcServerCredentials,
  type HealthServer,
  type Host,
  loadTls,
  parseDurationMs,
  type Running,
  serveHealth,
  type TlsMaterial,
} from "@drydock/component";
import { PeerService } from "@drydock/proto/drydock/raft/v1/raft";
import { NONE, type SnapshotRequest } from "@drydock/raft";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { Access } from "./auth/access.ts";
import { JwtTokens } from "./auth/jwt-tokens.ts";
import { parseTokenOptions } from "./auth/token-options.ts";
import { initialConfiguration, parseCluster } from "./cluster/cluster.ts";
import { Compactor, parseRetention } from "./compactor.ts";
import type { EtcdConfig } from "./config.ts";
import { Driver } from "./driver/driver.ts";
import { failpointFromEnvironment } from "./driver/failpoints.ts";
import { openMember } from "./driver/open-state.ts";
import { registerMetrics } from "./metrics.ts";
import { PeerConnection } from "./peers/peer-client.ts";
import { createPeerService } from "./peers/peer-service.ts";
import type { RpcContext } from "./rpc/context.ts";
import { LeaseRpc } from "./rpc/lease.ts";
import { createClientServices } from "./rpc/services.ts";
import { WatchRpc } from "./rpc/watch.ts";

const PUBLISH_RETRY_MS = 500;

/** Starts one member: opens its data, joins its peers, serves clients. */
export async function start(config: EtcdConfig, host: Host): Promise<Running> {
  const { clock, logger, metrics } = host;
  const retention = parseRetention(config.autoCompactionMode, config.autoCompactionRetention);
  const cluster = parseCluster({
    initialCluster:
      config.initialCluster || `${config.name}=${config.initialAdvertisePeerUrls.join(`,${config.name}=`)}`,
    token: config.initialClusterToken,
    name: config.name,
  });
  const clientTls = await optionalTls(config.trustedCaFile, config.certFile, config.keyFile);
  const peerTls = await optionalTls(config.peerTrustedCaFile, config.peerCertFile, config.peerKeyFile);
  const tokens = parseTokenOptions(config.authToken, parseDurationMs);
  const jwt = tokens.kind === "jwt" ? await JwtTokens.open(tokens) : undefined;
  const tokenTtlMs = config.authTokenTtl * 1000;
  const dataDir = config.dataDir || `${config.name}.etcd`;
  const restored = await openMember(dataDir, initialConfiguration(cluster), tokenTtlMs);
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
    tokenTtlMs,
    onFatal: (error) => host.fail(error),
  });
  const access = new Access({
    machine: () => driver.state.machine,
    applied: () => driver.status.applied,
    linearize: () => driver.linearize(),
    nowMs: () => clock.monotonicMs(),
    jwt,
    trustsCertificates: config.clientCertAuth,
  });
  const context: RpcContext = { driver, cluster, access, clock, logger };
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
  const services = createClientServices(context, { leases, watches, jwt });
  for (const { definition, implementation } of services) clientServer.addService(definition, implementation);

  await listen(peerServer, config.listenPeerUrls, peerTls, true);
  for (const member of cluster.members) {
    if (member.id === cluster.self.id) continue;
    const tls = peerTls && grpcChannelCredentials(peerTls);
    const events = { onLost: () => driver.peerLost(member.id) };
    peers.set(member.id, new PeerConnection(member.peerUrls[0] as string, tls, events, logger));
  }
  driver.start();
  leases.start();
  compactor.start();
  await listen(clientServer, config.listenClientUrls, clientTls, config.clientCertAuth);
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
