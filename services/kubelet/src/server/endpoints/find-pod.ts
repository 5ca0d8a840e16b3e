import type { V1Container, V1Pod } from "@drydock/kube-api";
import type { ContainerRef } from "@drydock/proto/drydock/node/v1/node";
import { HttpError } from "../http/node-exchange.ts";
import type { PodDirectory } from "../pod-directory.ts";

type Parameters = Readonly<Record<string, string>>;

/** The pod that a path names by namespace and name. */
export function podOfPath(directory: PodDirectory, { podNamespace, podID }: Parameters, message: string): V1Pod {
  const pod = directory.pods().find(({ metadata }) => metadata.name === podID && metadata.namespace === podNamespace);
  if (!pod) throw new HttpError(404, message);
  return pod;
}

export function hasContainer({ spec }: V1Pod, name: string): boolean {
  const all: readonly Pick<V1Container, "name">[] = [
    ...(spec?.containers ?? []),
    ...(spec?.initContainers ?? []),
    ...(spec?.ephemeralContainers ?? []),
  ];
  return all.some((container) => container.name === name);
}

/** What a path names, as the rest of the kubelet takes it. */
export function refOfPath({ metadata }: V1Pod, { uid, containerName }: Parameters): ContainerRef {
  return {
    podNamespace: metadata.namespace ?? "",
    podName: metadata.name ?? "",
    podUid: uid ?? "",
    container: containerName ?? "",
  };
}
