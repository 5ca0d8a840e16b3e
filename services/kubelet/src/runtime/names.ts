/** Name of the sandbox in Docker's list, as dockershim called it. */
const SANDBOX_NAME = "POD";

interface PodIdentity {
  readonly podUid: string;
  readonly podName: string;
  readonly podNamespace: string;
}

/**
 * Names are the idempotency keys of creation: the same container of the same attempt of the same pod always gets the same name.
 * `prefix` keeps two labs on one Docker daemon apart.
 */
export function containerName(prefix: string, pod: PodIdentity, name: string, attempt: number): string {
  return [prefix, name, pod.podName, pod.podNamespace, pod.podUid, String(attempt)].join("_");
}

export function sandboxName(prefix: string, pod: PodIdentity, attempt: number): string {
  return containerName(prefix, pod, SANDBOX_NAME, attempt);
}

/** Docker labels by which everything is found again. The io.kubernetes ones are dockershim's. */
export const labels = {
  podName: "io.kubernetes.pod.name",
  podNamespace: "io.kubernetes.pod.namespace",
  podUid: "io.kubernetes.pod.uid",
  containerName: "io.kubernetes.container.name",
  type: "io.kubernetes.docker.type",
  sandboxId: "io.kubernetes.sandbox.id",
  attempt: "io.drydock.attempt",
  specHash: "io.drydock.spec-hash",
  podIp: "io.drydock.pod-ip",
  node: "io.drydock.node",
  lab: "io.drydock.lab",
} as const;

export const containerTypes = { sandbox: "podsandbox", container: "container" } as const;
