import { deepEqual } from "@drydock/apimachinery";
import type { InformerFactory } from "@drydock/client";
import { nodes, pods, type V1Pod } from "@drydock/kube-api";
import type { SchedulerCache } from "./framework/cache.ts";
import { preEnqueuePlugins } from "./plugins/index.ts";
import type { SchedulingQueue } from "./queue/scheduling-queue.ts";

const SCHEDULER_NAME = "default-scheduler";

/** Feeds the cache and the queue from the cluster's events. */
export function followCluster(informers: InformerFactory, cache: SchedulerCache, queue: SchedulingQueue): void {
  informers.informer(nodes).addHandler({
    onAdd(node) {
      cache.setNode(node);
      queue.happened("node-added");
    },
    onUpdate(node, old) {
      cache.setNode(node);
      const isNews =
        !deepEqual(node.spec, old.spec) ||
        !deepEqual(node.metadata.labels, old.metadata.labels) ||
        !deepEqual(node.status?.allocatable, old.status?.allocatable);
      if (isNews) queue.happened("node-updated");
    },
    onDelete: (node) => cache.removeNode(node.metadata.name),
  });
  informers.informer(pods).addHandler({
    onAdd: (pod) => placed(pod, cache, queue),
    onUpdate(pod, old) {
      const wasBound = Boolean(old.spec?.nodeName);
      if (isOver(pod) && !isOver(old)) gone(pod, cache, queue);
      else if (pod.spec?.nodeName) {
        placed(pod, cache, queue);
        if (!wasBound) queue.delete(pod.metadata.uid ?? "");
      } else if (isWaiting(pod) && !isWaiting(old)) queue.add(pod);
      else if (!isWaiting(pod)) queue.delete(pod.metadata.uid ?? "");
      else if (!deepEqual(pod.spec, old.spec) || !deepEqual(pod.metadata.labels, old.metadata.labels))
        queue.update(pod);
    },
    onDelete: (pod) => gone(pod, cache, queue),
  });
}

function placed(pod: V1Pod, cache: SchedulerCache, queue: SchedulingQueue): void {
  if (isOver(pod)) return;
  if (pod.spec?.nodeName) {
    cache.addPod(pod);
    queue.happened("pod-assigned");
  } else if (isWaiting(pod)) {
    queue.add(pod);
  }
}

function gone(pod: V1Pod, cache: SchedulerCache, queue: SchedulingQueue): void {
  const uid = pod.metadata.uid ?? "";
  queue.delete(uid);
  cache.removePod(uid);
  if (pod.spec?.nodeName) queue.happened("pod-deleted");
}

function isOver({ status }: V1Pod): boolean {
  return status?.phase === "Succeeded" || status?.phase === "Failed";
}

/** Ours to place, and allowed to be. */
function isWaiting(pod: V1Pod): boolean {
  const isOurs = !pod.spec?.nodeName && (pod.spec?.schedulerName ?? SCHEDULER_NAME) === SCHEDULER_NAME;
  return (
    isOurs &&
    !pod.metadata.deletionTimestamp &&
    !isOver(pod) &&
    preEnqueuePlugins.every((plugin) => plugin.preEnqueue(pod).kind === "fits")
  );
}
