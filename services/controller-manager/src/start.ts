import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { createPrng } from "@drydock/base";
import {
  type ControllerContext,
  createApiClient,
  createEventRecorder,
  InformerFactory,
  runController,
  runLeaderElection,
} from "@drydock/client";
import { type Host, type Running, serveHealth } from "@drydock/component";
import { connectionOf, parseKubeconfig } from "@drydock/pki";
import type { ControllerManagerConfig } from "./config.ts";
import { controllers } from "./controllers/index.ts";

/** Waits to lead, then runs all controllers. A process that lost leadership ends: another one, or its successor, goes on. */
export async function start(config: ControllerManagerConfig, host: Host): Promise<Running> {
  const { clock, logger, metrics } = host;
  const aborter = new AbortController();
  const connection = connectionOf(parseKubeconfig(readFileSync(config.kubeconfig, "utf8")), (path) =>
    readFileSync(path, "utf8"),
  );
  const client = createApiClient({ connection, clock, logger });
  const prng = createPrng(Date.now());
  const informers = new InformerFactory({ client, clock, prng, logger });
  const context: ControllerContext = {
    client,
    informers,
    clock,
    prng,
    logger,
    recorderFor: (component) => createEventRecorder({ client, clock, logger, component }),
  };
  const definitions = controllers({
    clusterCidr: config.clusterCidr,
    nodeCidrMaskSize: config.nodeCidrMaskSize,
    rootCaPem: readFileSync(config.rootCaFile, "utf8"),
    nodeMonitorGracePeriodMs: config.nodeMonitorGracePeriod,
    nodeMonitorPeriodMs: config.nodeMonitorPeriod,
    terminatedPodThreshold: config.terminatedPodGcThreshold,
  });
  const health = await serveHealth({ host: config.bindAddress, port: config.securePort, metrics });
  const lead = async (signal: AbortSignal) => {
    const running = definitions.map((definition) => runController(definition, context, signal));
    informers.start(signal);
    await Promise.all(running);
  };
  const identity = `${hostname()}_${Math.random().toString(36).slice(2)}`;
  const election = { client, clock, logger, namespace: "kube-system", name: "kube-controller-manager", identity };
  const running = (
    config.leaderElect
      ? runLeaderElection(election, aborter.signal, lead)
      : lead(aborter.signal).then(() => "done" as const)
  )
    .then((outcome) => {
      if (outcome === "lost") host.fail(new Error("leadership lost"));
    })
    .catch((error: unknown) => host.fail(error));
  return {
    async stop() {
      aborter.abort(new Error("stopping"));
      await Promise.race([running, new Promise((resolve) => setTimeout(resolve, 5_000))]);
      await health.stop();
      client.close();
    },
  };
}
