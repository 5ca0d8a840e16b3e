import { StatusError } from "@drydock/apimachinery";
import { sleep } from "@drydock/base";
import { type ControllerContext, type ControllerDefinition, defineController, defineWatch } from "@drydock/client";
import { nodes, pods, type V1Pod } from "@drydock/kube-api";
import { type Disruption, markDisrupted } from "../../pods/mark-disrupted.ts";
import { isPodTerminal } from "../../pods/pod-state.ts";
import { planSweep } from "./plan-sweep.ts";

const SWEEP_MS = 20_000;
const NODE_GONE: Disruption = { reason: "DeletionByPodGC", message: "PodGC: node no longer exists" };

/** Removes pods that nobody else will, in periodic sweeps. */
export function podGc(terminatedThreshold: number): ControllerDefinition {
  return defineController({
    name: "pod-garbage-collector-controller",
    primary: pods,
    // Nothing is done by key, but no sweep may run before both caches are filled: every pod would look orphaned.
    watches: [defineWatch({ resource: nodes, keysFor: () => [] })],
    workers: 1,
    create: (context) => ({
      reconcile: () => Promise.resolve(undefined),
      async run(signal) {
        while (!signal.aborted) {
          await sleep(context.clock, SWEEP_MS, signal).catch(() => {});
          if (!signal.aborted) await sweep(context, terminatedThreshold);
        }
      },
    }),
  });
}

async function sweep(context: ControllerContext, terminatedThreshold: number): Promise<void> {
  const { informers } = context;
  const nodeNames = new Set(
    informers
      .informer(nodes)
      .lister.list()
      .map(({ metadata }) => metadata.name),
  );
  const plan = planSweep({ pods: informers.informer(pods).lister.list(), nodeNames, terminatedThreshold });
  for (const pod of plan) {
    try {
      await remove(context, pod, nodeNames);
    } catch (error) {
      const { code, message } = StatusError.from(error);
      if (code !== 404 && code !== 409)
        context.logger.warn({ pod: pod.metadata.name, err: message }, "pod not removed");
    }
  }
}

async function remove(context: ControllerContext, pod: V1Pod, nodeNames: ReadonlySet<string>): Promise<void> {
  const { client, clock, logger } = context;
  const { namespace = "", name, uid = "" } = pod.metadata;
  const nodeName = pod.spec?.nodeName;
  const isOrphan = nodeName !== undefined && nodeName !== "" && !nodeNames.has(nodeName);
  if (isOrphan && (await nodeExists(context, nodeName))) return;
  logger.info({ pod: `${namespace}/${name}`, node: nodeName }, "removing a pod that nobody else will");
  if (!isPodTerminal(pod)) {
    const disruption = isOrphan ? { disruption: NODE_GONE } : {};
    await markDisrupted(client, pod, { ...disruption, isOver: true, nowMs: clock.nowMs() });
  }
  await client.delete(pods, { namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } });
}

/** Asks the server itself: a node may be so new that the cache does not have it. */
async function nodeExists({ client }: ControllerContext, name: string): Promise<boolean> {
  try {
    await client.get(nodes, { name });
    return true;
  } catch (error) {
    if (StatusError.from(error).code === 404) return false;
    throw error;
  }
}
