import type { Informer } from "@drydock/client";
import type { V1Pod } from "@drydock/kube-api";
import type { ContainerRuntime } from "../runtime/runtime.ts";
import type { PodSyncer } from "./pod-syncer.ts";
import type { PodWorkers } from "./pod-workers.ts";

/** Seconds that containers of pods unknown to the API server get to end. */
const ORPHAN_GRACE_SECONDS = 2;

/** Feeds the workers from the API server. */
export function followPods(informer: Informer<V1Pod>, workers: PodWorkers): void {
  informer.addHandler({
    onAdd: (pod) => workers.update(pod),
    onUpdate: (pod) => workers.update(pod),
    onDelete: (pod) => workers.remove(pod),
  });
}

/** Ends everything on this node that belongs to no pod of the API server: what was deleted while the kubelet was away. */
export async function removeOrphans(
  runtime: ContainerRuntime,
  workers: PodWorkers,
  syncer: PodSyncer,
): Promise<string[]> {
  const orphans = (await runtime.listPods()).filter((pod) => !workers.has(pod.uid));
  await Promise.all(orphans.map((pod) => syncer.removeOrphan(pod, ORPHAN_GRACE_SECONDS)));
  return orphans.map((pod) => `${pod.namespace}/${pod.name}`);
}
