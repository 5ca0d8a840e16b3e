import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { createPrng } from "@drydock/base";
import { type Host, loadTls, type Running } from "@drydock/component";
import { createEtcdClient } from "@drydock/etcd-client";
import { readAdmissionConfig } from "./admission/admission-config.ts";
import { createAdmission } from "./admission/index.ts";
import { createAggregation } from "./aggregation/create-aggregation.ts";
import { createAuditor } from "./audit/create-auditor.ts";
import { createAuthentication } from "./authentication/create-authentication.ts";
import { createIssuerDiscovery } from "./authentication/issuer-discovery.ts";
import { createAuthorization } from "./authorization/create-authorization.ts";
import { identityOf } from "./bootstrap/identity-lease.ts";
import { createUpkeep } from "./bootstrap/upkeep.ts";
import { registerCacheMetrics } from "./cache/cache-metrics.ts";
import { StoreFeed } from "./cache/store-feed.ts";
import { serveComponents } from "./components/component-server.ts";
import { type ApiserverConfig, apiserverFlags } from "./config.ts";
import { createConnect } from "./connect/connect.ts";
import { dialPods } from "./connect/dial-pod.ts";
import { NodeClients } from "./connect/node-clients.ts";
import { createDiscovery } from "./discovery/discovery.ts";
import type { Services } from "./endpoints/dispatch.ts";
import { createFlowControl } from "./flow-control/create-flow-control.ts";
import { chain } from "./http/exchange.ts";
import { audit, auditRefused } from "./http/filters/audit.ts";
import { authenticate } from "./http/filters/authentication.ts";
import { authorize } from "./http/filters/authorization.ts";
import { errors } from "./http/filters/errors.ts";
import { impersonation } from "./http/filters/impersonation.ts";
import { observe, observeLongRunning } from "./http/filters/observe.ts";
import { requestInfo } from "./http/filters/request-info.ts";
import { timeout } from "./http/filters/timeout.ts";
import { trace } from "./http/filters/trace.ts";
import { checkPaths, createHealth } from "./http/health/health.ts";
import { createRequestMetrics } from "./http/request-metrics.ts";
import { createRoute } from "./http/route.ts";
import { listen } from "./http/server.ts";
import { createOpenApi } from "./openapi/openapi.ts";
import { OwnControllers } from "./own-controllers.ts";
import { Registry } from "./registry/registry.ts";
import { resources } from "./resources/index.ts";
import { serverChecks } from "./server-checks.ts";
import { EncryptedStorage, type Providers } from "./storage/encryption/encrypted-storage.ts";
import { parseEncryptionConfig } from "./storage/encryption/encryption-config.ts";
import { providersByKey } from "./storage/encryption/providers-by-key.ts";
import { EtcdStorage } from "./storage/etcd-storage.ts";
import type { Storage } from "./storage/storage.ts";
import { ServingCertificate, tlsSource } from "./tls/serving-tls.ts";
import { Turns } from "./turns/turns.ts";
import { createVirtualResources } from "./virtual/index.ts";
import { WebhookClient } from "./webhook-client/webhook-client.ts";

const STORE_TIMEOUT_MS = 10_000;
const STOP_GRACE_MS = 10_000;

/** Starts the API server: listens at once, is ready when its caches are filled and the system's own objects exist. */
export async function start(config: ApiserverConfig, host: Host): Promise<Running> {
  const { clock, logger, metrics } = host;
  const serving = await ServingCertificate.open(config.tlsCertFile, config.tlsPrivateKeyFile, logger);
  const storage = await openStorage(config);
  const feed = new StoreFeed(storage, clock, logger);
  const prng = createPrng(Date.now());
  const { allowPrivileged: allowsPrivileged } = config;
  const registry = new Registry(resources, { storage, feed, clock, prng, newUid: randomUUID, allowsPrivileged });
  const serverId = identityOf(config.advertiseAddress);
  const authentication = await createAuthentication(config, { registry, logger, metrics, serverId });
  const { authenticator, tokens } = authentication;
  const authorization = await createAuthorization(config, registry, { logger, metrics, serverId });
  const { authorizer, rbac } = authorization;
  const nodeClients = new NodeClients(registry, await nodeTls(config));
  const dialPod = config.webhooksThroughKubelets ? dialPods(registry, nodeClients) : undefined;
  const webhookClient = new WebhookClient(registry, dialPod);
  const configurations = readAdmissionConfig(config.admissionControlConfigFile);
  registry.admission = createAdmission({ registry, rbac, authorizer, webhookClient, metrics, logger, configurations });
  const { forExtensions: extensionAuthentication } = authentication;
  const upkeep = createUpkeep(config, { registry, storage, logger, metrics, extensionAuthentication });
  const controllers = new OwnControllers(registry, webhookClient, tokens, logger);
  const virtual = createVirtualResources(registry, authenticator, authorization);
  const aggregation = await createAggregation(config, { registry, virtual, logger, dialPod });
  const services: Services = { registry, virtual, tokens, authorizer, turns: new Turns() };
  let isStopping = false;
  const hasFlowControl = config.enablePriorityAndFairness;
  const checks = serverChecks({ feed, controllers, upkeep, aggregation, hasFlowControl, isStopping: () => isStopping });
  const serverAddress = `${config.advertiseAddress}:${config.securePort}`;
  const requestMetrics = createRequestMetrics(metrics);
  const flowControl = createFlowControl(config, { registry, clock, metrics, requestMetrics, logger });
  const paths = [
    createHealth({ metrics, checks, flags: apiserverFlags, config }),
    createDiscovery({ registry, virtual, serverAddress, remote: aggregation.remote, otherPaths: checkPaths(checks) }),
    createOpenApi(registry, virtual, aggregation.remote),
    createIssuerDiscovery(tokens, config.serviceAccountJwksUri || `https://${serverAddress}/openid/v1/jwks`),
    ...flowControl.paths,
  ];
  registerCacheMetrics(metrics, registry, feed);
  const auditor = await createAuditor(config, clock, logger);
  const handler = chain(
    [
      trace,
      observe(requestMetrics, logger),
      errors(logger),
      requestInfo,
      observeLongRunning(requestMetrics),
      timeout(config.requestTimeout),
      auditRefused(auditor),
      authenticate(authenticator),
      audit(auditor),
      impersonation(authorizer),
      flowControl.filter,
      authorize(authorizer),
    ],
    aggregation.before(createRoute(services, paths, createConnect(registry, nodeClients, dialPod), requestMetrics)),
  );
  const rest = await listen({
    host: config.bindAddress,
    port: config.securePort,
    tls: tlsSource(serving, authentication.acceptedAuthorities),
    handler,
  });
  const components = await serveComponents({
    host: config.bindAddress,
    port: config.componentPort,
    tls: tlsSource(serving, authentication.clientAuthorities),
    services,
    remoteCalls: aggregation.calls,
    authorizer,
    watches: flowControl.watches,
    auditor,
    requestTimeoutMs: config.requestTimeout,
    logger,
  });
  logger.info({ rest: rest.port, components: components.port }, "apiserver listening");
  void feed.start().then(async () => {
    flowControl.start();
    upkeep.start();
    await controllers.start();
    aggregation.start();
  });

  return {
    stopDelayMs: config.shutdownDelayDuration,
    async stop() {
      isStopping = true;
      await upkeep.stop();
      // Whoever sends requests here needs time to see that this server is no longer ready.
      if (config.shutdownDelayDuration > 0) await sleep(config.shutdownDelayDuration);
      await Promise.all([components.stop(), rest.stop(STOP_GRACE_MS)]);
      for (const part of [authentication, authorization, serving, aggregation, controllers, flowControl, feed])
        part.stop();
      nodeClients.close();
      await auditor?.stop();
      await storage.close();
    },
  };
}

async function openStorage(config: ApiserverConfig): Promise<Storage> {
  const client = createEtcdClient({
    endpoints: config.etcdServers,
    timeoutMs: STORE_TIMEOUT_MS,
    ...(await storeTls(config)),
  });
  const storage = new EtcdStorage(client);
  if (config.encryptionProviderConfig === "") return storage;
  return new EncryptedStorage(storage, await readEncryption(config.encryptionProviderConfig));
}

async function readEncryption(path: string): Promise<(key: string) => Providers | undefined> {
  try {
    return providersByKey(parseEncryptionConfig(await readFile(path, "utf8")), resources);
  } catch (cause) {
    throw new Error(`--encryption-provider-config: ${path}: ${(cause as Error).message}`, { cause });
  }
}

async function storeTls(config: ApiserverConfig) {
  if (!config.etcdCertfile) return {};
  return {
    tls: await loadTls({ caFile: config.etcdCafile, certFile: config.etcdCertfile, keyFile: config.etcdKeyfile }),
  };
}

async function nodeTls(config: ApiserverConfig) {
  if (!config.kubeletClientCertificate) return undefined;
  return loadTls({
    caFile: config.kubeletCertificateAuthority,
    certFile: config.kubeletClientCertificate,
    keyFile: config.kubeletClientKey,
  });
}
