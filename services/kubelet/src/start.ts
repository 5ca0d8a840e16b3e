import { readFileSync } from "node:fs";
import { createPrng } from "@drydock/base";
import { createApiClient, createEventRecorder, InformerFactory } from "@drydock/client";
import { type Host, loadTls, type Running, serveHealth } from "@drydock/component";
import { nodes, pods, services } from "@drydock/kube-api";
import { connectionOf, parseKubeconfig } from "@drydock/pki";
import type { KubeletConfig } from "./config.ts";
import { ApiObjectSource } from "./container/api-object-source.ts";
import { createNodeRuntime } from "./node/create-node-runtime.ts";
import { gatherNodeFacts } from "./node/node-facts.ts";
import { runNodeLease } from "./node/node-lease.ts";
import { NodeReporter } from "./node/node-reporter.ts";
import { NodeStartup } from "./node/node-startup.ts";
import { ProbeMetrics } from "./probes/probe-metrics.ts";
import { serveNode } from "./server/node-server.ts";

/** Starts a node: its registration at once, its pods as soon as its network stands. Stopping leaves the pods running. */
export async function start(config: KubeletConfig, host: Host): Promise<Running> {
  const { clock, logger, metrics } = host;
  const aborter = new AbortController();
  const { signal } = aborter;
  const background: Promise<unknown>[] = [];
  const run = (work: Promise<unknown>) =>
    background.push(work.catch((error: unknown) => signal.aborted || host.fail(error)));

  const { runtime, self } = await createNodeRuntime(config, logger);
  const facts = await gatherNodeFacts(config, runtime);
  const connection = connectionOf(parseKubeconfig(readFileSync(config.kubeconfig, "utf8")), (path) =>
    readFileSync(path, "utf8"),
  );
  const client = createApiClient({ connection, clock, logger });
  const prng = createPrng(Date.now());
  const informers = new InformerFactory({ client, clock, prng, logger });
  const podInformer = informers.informer(pods, { fieldSelector: `spec.nodeName=${facts.name}` });
  const nodeInformer = informers.informer(nodes);
  const events = createEventRecorder({ client, clock, logger, component: "kubelet", host: facts.name });
  const objects = new ApiObjectSource(client, informers.informer(services).lister, clock);

  const probeMetrics = new ProbeMetrics();
  const startup = new NodeStartup({
    config,
    facts,
    runtime,
    self,
    client,
    objects,
    events,
    podInformer,
    nodeInformer,
    probeMetrics,
    clock,
    logger,
    signal,
  });
  const reporter = new NodeReporter({
    client,
    runtime,
    facts,
    clock,
    logger,
    statusUpdateMs: config.nodeStatusUpdateFrequency,
    health: async () => ({ notReady: startup.notReady, isDiskPressed: false, isMemoryPressed: false }),
  });
  const tls = await loadTls({
    caFile: config.clientCaFile,
    certFile: config.tlsCertFile,
    keyFile: config.tlsPrivateKeyFile,
  });
  const directory = { runtime, nodeName: facts.name, pods: () => podInformer.lister.list() };
  const server = await serveNode({
    config,
    tls,
    pods: directory,
    client,
    clock,
    logger,
    metrics,
    probeMetrics: probeMetrics.registry,
    // What the process could not mend by starting again is no illness of its own.
    health: { ping: () => {}, log: () => {}, syncloop: () => {} },
  });
  const health = await serveHealth({
    host: config.healthzBindAddress,
    port: config.healthzPort,
    metrics,
    readiness: { network: () => startup.assertReady() },
  });

  informers.start(signal);
  run(reporter.run(signal));
  run(runNodeLease(client, facts.name, clock, logger, signal));
  run(startup.run(() => reporter.reportSoon()));
  logger.info({ node: facts.name, ip: facts.ip, runtime: facts.runtime }, "kubelet started");

  return {
    async stop() {
      aborter.abort(new Error("stopping"));
      startup.stop();
      await Promise.all([server.stop(), health.stop()]);
      await Promise.race([Promise.all(background), new Promise((resolve) => setTimeout(resolve, 2_000))]);
      client.close();
    },
  };
}
