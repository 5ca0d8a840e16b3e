import type { Logger } from "@drydock/component";
import type { ApiserverConfig } from "../config.ts";
import type { Handler } from "../http/exchange.ts";
import type { Registry } from "../registry/registry.ts";
import { WatchedFile } from "../tls/watched-file.ts";
import type { VirtualResources } from "../virtual/virtual-resource.ts";
import type { DialPod } from "../webhook-client/target.ts";
import { LocalServices } from "./local-services.ts";
import { proxy } from "./proxy.ts";
import { RemoteCalls } from "./remote-calls.ts";
import { type ClientPair, RemoteConnections } from "./remote-connections.ts";
import { RemoteServices } from "./remote-services.ts";

/** Group-versions of other servers, served as if they were this one's. */
export interface Aggregation {
  readonly remote: RemoteServices;
  /** For components, whose protocol is not HTTP. */
  readonly calls: RemoteCalls;
  /** The APIServices of what this server has itself are there. */
  readonly isReady: boolean;
  /** Passes on what other servers have; the rest is `next`'s. */
  before(next: Handler): Handler;
  /** The caches must be filled. */
  start(): void;
  stop(): void;
}

interface AggregationParts {
  readonly registry: Registry;
  readonly virtual: VirtualResources;
  readonly logger: Logger;
  /** How pods are reached where their addresses are not. */
  readonly dialPod: DialPod | undefined;
}

export async function createAggregation(config: ApiserverConfig, parts: AggregationParts): Promise<Aggregation> {
  const { registry, virtual, logger, dialPod } = parts;
  const { clientPair, stop: stopFiles } = await openPair(config, logger);
  const connections = new RemoteConnections(registry, {
    toEndpoints: config.enableAggregatorRouting,
    clientPair,
    dialPod,
  });
  const remote = new RemoteServices(registry, connections, logger);
  const local = new LocalServices(registry, virtual, logger);
  return {
    remote,
    calls: new RemoteCalls(remote, connections),
    get isReady() {
      return local.isReady;
    },
    before: (next) => async (exchange) => {
      const apiService = remote.find(exchange.path);
      if (!apiService) return next(exchange);
      // How others begin their watches is not seen here.
      exchange.onWatchBegan?.();
      await proxy(exchange, apiService, connections, () => remote.look(apiService.metadata.name));
    },
    start() {
      local.start();
      remote.start();
    },
    stop() {
      local.stop();
      remote.stop();
      connections.close();
      stopFiles();
    },
  };
}

/** The pair is read again when its files change. */
async function openPair(
  { proxyClientCertFile, proxyClientKeyFile }: ApiserverConfig,
  logger: Logger,
): Promise<{ clientPair: () => ClientPair | undefined; stop: () => void }> {
  if (!proxyClientCertFile) return { clientPair: () => undefined, stop: () => {} };
  const text = (bytes: Buffer) => bytes.toString("utf8");
  const cert = await WatchedFile.open(proxyClientCertFile, text, logger);
  const key = await WatchedFile.open(proxyClientKeyFile, text, logger);
  return {
    clientPair: () => ({ cert: cert.current, key: key.current }),
    stop() {
      cert.stop();
      key.stop();
    },
  };
}
