import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { createPrng, setRepeating } from "@drydock/base";
import { createApiClient, createEventRecorder, InformerFactory, runLeaderElection } from "@drydock/client";
import { type Host, type Running, serveHealth } from "@drydock/component";
import { connectionOf, parseKubeconfig } from "@drydock/pki";
import { Counter, Histogram } from "prom-client";
import type { SchedulerConfig } from "./config.ts";
import { followCluster } from "./follow-cluster.ts";
import { SchedulerCache } from "./framework/cache.ts";
import { prioritySort } from "./plugins/priority-sort.ts";
import { SchedulingQueue } from "./queue/scheduling-queue.ts";
import { Scheduler } from "./scheduler.ts";

const FLUSH_MS = 30_000;

/** Waits to lead, then gives pods their nodes. */
export async function start(config: SchedulerConfig, host: Host): Promise<Running> {
  const { clock, logger, metrics } = host;
  const aborter = new AbortController();
  const connection = connectionOf(parseKubeconfig(readFileSync(config.kubeconfig, "utf8")), (path) =>
    readFileSync(path, "utf8"),
  );
  const client = createApiClient({ connection, clock, logger });
  const prng = createPrng(Date.now());
  const attempts = new Counter({
    name: "scheduler_schedule_attempts_total",
    help: "Attempts to schedule pods",
    labelNames: ["result"],
    registers: [metrics],
  });
  const duration = new Histogram({
    name: "scheduler_scheduling_attempt_duration_seconds",
    help: "How long an attempt took",
    labelNames: ["result"],
    registers: [metrics],
  });
  const lead = async (signal: AbortSignal) => {
    const informers = new InformerFactory({ client, clock, prng, logger });
    const cache = new SchedulerCache();
    const queue = new SchedulingQueue(clock, prioritySort);
    const events = createEventRecorder({ client, clock, logger, component: "default-scheduler" });
    const onAttempt = (result: string, durationMs: number) => {
      attempts.inc({ result });
      duration.observe({ result }, durationMs / 1000);
    };
    followCluster(informers, cache, queue);
    signal.addEventListener("abort", () => queue.close(), { once: true });
    informers.start(signal);
    await Promise.race([
      informers.waitForSync(),
      new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true })),
    ]);
    const flush = setRepeating(clock, FLUSH_MS, () => queue.flush());
    await new Scheduler({ client, cache, queue, events, clock, prng, logger, onAttempt }).run();
    flush.cancel();
  };
  const health = await serveHealth({ host: config.bindAddress, port: config.securePort, metrics });
  const identity = `${hostname()}_${Math.random().toString(36).slice(2)}`;
  const election = { client, clock, logger, namespace: "kube-system", name: "kube-scheduler", identity };
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
