import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { createPrng } from "@drydock/base";
import {
  type ApiClient,
  type ControllerContext,
  createApiClient,
  createEventRecorder,
  type EventRecorder,
  InformerFactory,
  runController,
  runLeaderElection,
} from "@drydock/client";
import { type Host, type Running, serveHealth } from "@drydock/component";
import { connectionOf, parseKubeconfig } from "@drydock/pki";
import type { ControllerManagerConfig } from "./config.ts";
import { chooseControllers, createControllers } from "./controllers/index.ts";

/** Runs every chosen controller while this process leads. Losing the lease ends the process: a fresh one has no stale state. */
export async function start(config: ControllerManagerConfig, host: Host): Promise<Running> {
  const { clock, logger, metrics } = host;
  const aborter = new AbortController();
  const readFile = (path: string) => readFileSync(path, "utf8");
  const connection = connectionOf(parseKubeconfig(readFile(config.kubeconfig)), readFile);
  const client = createApiClient({ connection, clock, logger });
  const controllers = chooseControllers(createControllers(config, readFile), config.controllers);
  const health = await serveHealth({ host: config.bindAddress, port: config.securePort, metrics });

  const lead = async (signal: AbortSignal) => {
    const context = createContext(client, host);
    const running = controllers.map((controller) => runController(controller, context, signal));
    context.informers.start(signal);
    logger.info({ controllers: controllers.map(({ name }) => name) }, "controllers started");
    await Promise.all(running);
  };
  const elected = config.leaderElect
    ? runLeaderElection(
        {
          client,
          clock,
          logger,
          namespace: config.leaderElectResourceNamespace,
          name: config.leaderElectResourceName,
          identity: `${hostname()}_${randomUUID()}`,
          leaseDurationMs: config.leaderElectLeaseDuration,
          renewDeadlineMs: config.leaderElectRenewDeadline,
          retryPeriodMs: config.leaderElectRetryPeriod,
        },
        aborter.signal,
        lead,
      )
    : lead(aborter.signal).then(() => "done" as const);
  const ended = elected.then(
    (outcome) => {
      if (outcome === "lost") host.fail(new Error("leadership lost"));
    },
    (error: unknown) => host.fail(error),
  );
  return {
    async stop() {
      aborter.abort(new Error("stopping"));
      await ended;
      await health.stop();
      client.close();
    },
  };
}

function createContext(client: ApiClient, host: Host): ControllerContext {
  const { clock, logger } = host;
  const prng = createPrng(clock.nowMs());
  const recorders = new Map<string, EventRecorder>();
  return {
    client,
    clock,
    logger,
    prng,
    informers: new InformerFactory({ client, clock, prng, logger }),
    recorderFor(component) {
      const recorder = recorders.get(component) ?? createEventRecorder({ client, clock, logger, component });
      recorders.set(component, recorder);
      return recorder;
    },
  };
}
