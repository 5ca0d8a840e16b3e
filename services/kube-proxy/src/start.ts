import { readFileSync } from "node:fs";
import { createPrng } from "@drydock/base";
import { createApiClient, InformerFactory } from "@drydock/client";
import { type Host, type Running, serveHealth } from "@drydock/component";
import { endpointSlices, services } from "@drydock/kube-api";
import { connectionOf, parseKubeconfig } from "@drydock/pki";
import { Histogram } from "prom-client";
import type { KubeProxyConfig } from "./config.ts";
import { detectIptables } from "./sync/iptables.ts";
import { Proxier } from "./sync/proxier.ts";

/** Keeps this network namespace's Service rules current. Stopping leaves the rules where they are. */
export async function start(config: KubeProxyConfig, host: Host): Promise<Running> {
  const { clock, logger, metrics } = host;
  const aborter = new AbortController();
  const connection = connectionOf(parseKubeconfig(readFileSync(config.kubeconfig, "utf8")), (path) =>
    readFileSync(path, "utf8"),
  );
  const client = createApiClient({ connection, clock, logger });
  const informers = new InformerFactory({ client, clock, prng: createPrng(Date.now()), logger });
  const serviceInformer = informers.informer(services);
  const sliceInformer = informers.informer(endpointSlices);
  const duration = new Histogram({
    name: "kubeproxy_sync_proxy_rules_duration_seconds",
    help: "How long a sync of the rules took",
    registers: [metrics],
  });
  const proxier = new Proxier({
    iptables: await detectIptables(),
    services: serviceInformer.lister,
    slices: sliceInformer.lister,
    nodeName: config.hostnameOverride,
    clusterCidr: config.clusterCidr,
    minSyncMs: config.iptablesMinSyncPeriod,
    syncMs: config.iptablesSyncPeriod,
    clock,
    logger,
    onSync: (durationMs) => duration.observe(durationMs / 1000),
  });
  const changed = {
    onAdd: () => proxier.changed(),
    onUpdate: () => proxier.changed(),
    onDelete: () => proxier.changed(),
  };
  serviceInformer.addHandler(changed);
  sliceInformer.addHandler(changed);
  const synced = () => {
    if (proxier.staleMs > 2 * config.iptablesSyncPeriod) throw new Error("the rules have not been synced for too long");
  };
  const health = await serveHealth({
    host: config.healthzBindAddress,
    port: config.healthzPort,
    metrics,
    readiness: { synced },
  });
  informers.start(aborter.signal);
  const running = Promise.race([
    informers.waitForSync(),
    new Promise((resolve) => aborter.signal.addEventListener("abort", resolve)),
  ])
    .then(() => proxier.run(aborter.signal))
    .catch((error: unknown) => host.fail(error));
  logger.info({ node: config.hostnameOverride }, "kube-proxy started");
  return {
    async stop() {
      aborter.abort(new Error("stopping"));
      await running;
      await health.stop();
      client.close();
    },
  };
}
