import { StatusError } from "@drydock/apimachinery";
import type { ApiClient } from "@drydock/client";
import { pods, type V1Pod } from "@drydock/kube-api";

export interface Disruption {
  readonly reason: "DeletionByTaintManager" | "DeletionByPodGC";
  readonly message: string;
}

/**
 * Notes on a pod why it is about to be deleted, for those who look at how it ended; with `isOver` also that it has failed, where no
 * kubelet will say so.
 */
export async function markDisrupted(
  client: ApiClient,
  pod: V1Pod,
  { disruption, isOver, nowMs }: { disruption?: Disruption; isOver: boolean; nowMs: number },
): Promise<void> {
  const condition = {
    type: "DisruptionTarget",
    status: "True",
    lastTransitionTime: `${new Date(nowMs).toISOString().slice(0, 19)}Z`,
    ...disruption,
  };
  const status = { ...(isOver ? { phase: "Failed" } : {}), ...(disruption ? { conditions: [condition] } : {}) };
  const patch = { metadata: { uid: pod.metadata.uid }, status };
  try {
    await client.patch(pods, pod.metadata, patch, "application/strategic-merge-patch+json", "status");
  } catch (error) {
    if (StatusError.from(error).code !== 404) throw error;
  }
}
