import { fnv1a32 } from "@drydock/base";
import type { V1Container, V1Pod } from "@drydock/kube-api";
import type { RuntimeContainer } from "../runtime/runtime.ts";

/** Init containers with restartPolicy Always: started in order like the others, but they stay (KEP-753, sidecars). */
export function isSidecar(container: V1Container): boolean {
  return container.restartPolicy === "Always";
}

export function initContainersOf(pod: V1Pod): readonly V1Container[] {
  return pod.spec?.initContainers ?? [];
}

export function containersOf(pod: V1Pod): readonly V1Container[] {
  return pod.spec?.containers ?? [];
}

/** What of a container's spec, when changed, means that it must be started anew: the image, the only field that may change in place. */
export function specHash(container: V1Container): string {
  return fnv1a32(JSON.stringify([container.name, container.image])).toString(16);
}

/** Whether a container that ended should run again, by the pod's policy (or always, for a sidecar). */
export function shouldRestart(pod: V1Pod, container: V1Container, last: RuntimeContainer): boolean {
  if (isSidecar(container)) return true;
  const policy = pod.spec?.restartPolicy ?? "Always";
  if (policy === "Always") return true;
  if (policy === "OnFailure") return last.exitCode !== 0;
  return false;
}

/** The key under which restarts of one container are counted. */
export function backoffKey(pod: V1Pod, container: V1Container): string {
  return `${pod.metadata.uid}/${container.name}/${specHash(container)}`;
}
