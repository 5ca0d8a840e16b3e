import type { Clock } from "@drydock/base";
import type { ApiClient } from "@drydock/client";
import type { HealthCheck, Logger, TlsMaterial } from "@drydock/component";
import type { Registry } from "prom-client";
import type { KubeletConfig } from "../config.ts";
import { NodeAuthenticator } from "./access/authenticator.ts";
import { NodeAuthorizer } from "./access/authorizer.ts";
import { createNodeService } from "./grpc/node-service.ts";
import { listen } from "./http/listen.ts";
import { serveRequest } from "./http/serve-requests.ts";
import { nodeRoutes } from "./node-routes.ts";
import type { PodDirectory } from "./pod-directory.ts";
import { readMachine } from "./stats/machine.ts";
import { registerNodeMetrics } from "./stats/node-metrics.ts";
import { UsageCollector } from "./stats/usage-collector.ts";

export interface NodeServerOptions {
  readonly config: KubeletConfig;
  readonly tls: TlsMaterial;
  readonly pods: PodDirectory;
  /** Who may do what is asked of the API server. */
  readonly client: Pick<ApiClient, "create">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Registry;
  readonly probeMetrics: Registry;
  readonly health: Readonly<Record<string, HealthCheck>>;
}

/** The kubelet's port: gRPC for the API server's streams, and upstream's HTTP API for everybody who may. */
export async function serveNode(options: NodeServerOptions): Promise<{ port: number; stop(): Promise<void> }> {
  const { config, tls, pods, client, clock, logger, metrics } = options;
  const collector = new UsageCollector(pods, clock, () => readMachine(config.rootDir));
  const countRequest = registerNodeMetrics(metrics, pods);
  const chain = {
    routes: nodeRoutes({ ...options, collector }),
    authenticator: new NodeAuthenticator({
      client,
      clock,
      allowsAnonymous: config.anonymousAuth,
      asksForTokens: config.authenticationTokenWebhook,
      tokenTtlMs: config.authenticationTokenWebhookCacheTtl,
    }),
    authorizer: new NodeAuthorizer({
      client,
      clock,
      nodeName: pods.nodeName,
      mode: config.authorizationMode,
      allowedTtlMs: config.authorizationWebhookCacheAuthorizedTtl,
      deniedTtlMs: config.authorizationWebhookCacheUnauthorizedTtl,
    }),
    logger,
  };
  return listen({
    host: config.address,
    port: config.port,
    tls,
    grpc: createNodeService(pods),
    serve(exchange) {
      countRequest(exchange);
      void serveRequest(chain, exchange);
    },
  });
}
