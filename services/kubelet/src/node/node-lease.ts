import { StatusError } from "@drydock/apimachinery";
import { type Clock, sleep } from "@drydock/base";
import type { ApiClient } from "@drydock/client";
import type { Logger } from "@drydock/component";
import { leases, nodes, type V1Lease } from "@drydock/kube-api";

const NAMESPACE = "kube-node-lease";
const DURATION_SECONDS = 40;
/** A quarter of the duration, as upstream. */
const RENEW_MS = 10_000;
const RETRY_MS = 1_000;

/** Renews the node's lease, its heartbeat, until aborted. */
export async function runNodeLease(
  client: ApiClient,
  nodeName: string,
  clock: Clock,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  let held: V1Lease | undefined;
  while (!signal.aborted) {
    try {
      held = await renew(client, nodeName, held, clock.nowMs());
      await sleep(clock, RENEW_MS, signal).catch(() => {});
    } catch (error) {
      const status = StatusError.from(error);
      // Somebody wrote it (or it is gone): read it again before the next try.
      held = undefined;
      logger.debug({ err: status.message }, "node lease not renewed");
      await sleep(clock, RETRY_MS, signal).catch(() => {});
    }
  }
}

async function renew(client: ApiClient, nodeName: string, held: V1Lease | undefined, nowMs: number): Promise<V1Lease> {
  const key = { namespace: NAMESPACE, name: nodeName };
  const current = held ?? (await client.get(leases, key).catch(absentAs404));
  const renewTime = new Date(nowMs).toISOString().replace("Z", "000Z");
  if (current)
    return client.update(leases, {
      ...current,
      spec: { ...current.spec, holderIdentity: nodeName, leaseDurationSeconds: DURATION_SECONDS, renewTime },
    });
  const node = await client.get(nodes, { name: nodeName });
  return client.create(leases, {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: {
      ...key,
      ownerReferences: [{ apiVersion: "v1", kind: "Node", name: nodeName, uid: node.metadata.uid ?? "" }],
    },
    spec: { holderIdentity: nodeName, leaseDurationSeconds: DURATION_SECONDS, renewTime },
  });
}

function absentAs404(error: unknown): undefined {
  if (StatusError.from(error).code === 404) return undefined;
  throw error;
}
