import { StatusError } from "@drydock/apimachinery";
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
  type ReconcileResult,
} from "@drydock/client";
import { jobs } from "@drydock/kube-api";
import { expiresInMs } from "./plan-expiry.ts";

/** Timers do not reach further than some weeks. */
const WAIT_MS_MAX = 24 * 60 * 60 * 1000;

/** Deletes Jobs some time after they have ended, and their pods with them. */
export function ttlAfterFinished(): ControllerDefinition {
  return defineController({
    name: "ttl-after-finished-controller",
    primary: jobs,
    create: (context) => ({ reconcile: (key) => reconcile(context, key) }),
  });
}

async function reconcile(
  { client, clock, informers }: ControllerContext,
  key: string,
): Promise<ReconcileResult | undefined> {
  const cached = informers.informer(jobs).lister.getByKey(key);
  const leftMs = cached && expiresInMs(cached, clock.nowMs());
  if (!cached || leftMs === undefined) return undefined;
  if (leftMs > 0) return { requeueAfterMs: Math.min(leftMs, WAIT_MS_MAX) };
  try {
    // The time may have been prolonged, or the Job made anew, since the cache was filled.
    const job = await client.get(jobs, cached.metadata);
    const stillLeftMs = expiresInMs(job, clock.nowMs());
    if (stillLeftMs === undefined) return undefined;
    if (stillLeftMs > 0) return { requeueAfterMs: Math.min(stillLeftMs, WAIT_MS_MAX) };
    const { uid = "" } = job.metadata;
    await client.delete(jobs, job.metadata, { propagationPolicy: "Foreground", preconditions: { uid } });
  } catch (error) {
    if (StatusError.from(error).code !== 404) throw error;
  }
  return undefined;
}
