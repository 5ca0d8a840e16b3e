import type { V1Pod } from "@drydock/kube-api";
import type { ContainerRef } from "@drydock/proto/drydock/node/v1/node";
import { type Metadata, type ServiceError, status } from "@grpc/grpc-js";
import {
  type ContainerRuntime,
  newestContainer,
  newestSandbox,
  type RuntimeContainer,
  type RuntimeSandbox,
} from "../runtime/runtime.ts";

/** Finds what a request from the apiserver names. */
export interface PodDirectory {
  readonly runtime: ContainerRuntime;
  pods(): readonly V1Pod[];
  readonly nodeName: string;
}

/** A verdict for the caller: gRPC status with upstream's text. */
export class NodeError extends Error {
  override readonly name = "NodeError";
  readonly code: status;

  constructor(code: status, message: string) {
    super(message);
    this.code = code;
  }
}

/** What grpc-js wants an error to be. */
export function toServiceError(
  error: unknown,
): Pick<ServiceError, "code" | "details" | "message" | "name"> & { metadata?: Metadata } {
  const message = (error as Error).message ?? String(error);
  const code = error instanceof NodeError ? error.code : status.INTERNAL;
  return { name: "NodeError", code, details: message, message };
}

/** The container that runs now; FAILED_PRECONDITION when it does not. */
export async function findRunning(directory: PodDirectory, ref: ContainerRef | undefined): Promise<RuntimeContainer> {
  const container = await findContainer(directory, ref);
  if (container?.state !== "running")
    throw new NodeError(status.FAILED_PRECONDITION, `container not found ("${ref?.container ?? ""}")`);
  return container;
}

/** The newest attempt, or (`previous`) the one before it. Undefined when it was never created. */
export async function findContainer(
  directory: PodDirectory,
  ref: ContainerRef | undefined,
  previous = false,
): Promise<RuntimeContainer | undefined> {
  const pod = findPod(directory, ref);
  const runtime = await directory.runtime.podStatus(pod.metadata.uid ?? "");
  const newest = newestContainer(runtime, ref?.container ?? "");
  if (!previous) return newest;
  return runtime?.containers.find(
    (container) => container.name === ref?.container && container.attempt < (newest?.attempt ?? 0),
  );
}

export async function findSandbox(directory: PodDirectory, ref: ContainerRef | undefined): Promise<RuntimeSandbox> {
  const pod = findPod(directory, ref);
  const sandbox = newestSandbox(await directory.runtime.podStatus(pod.metadata.uid ?? ""));
  if (sandbox?.state !== "running")
    throw new NodeError(status.FAILED_PRECONDITION, `pod ${ref?.podName ?? ""} is not running`);
  return sandbox;
}

export function findPod(directory: PodDirectory, ref: ContainerRef | undefined): V1Pod {
  const found = directory
    .pods()
    .find(({ metadata }) => metadata.name === ref?.podName && metadata.namespace === ref?.podNamespace);
  if (!found || (ref?.podUid && found.metadata.uid !== ref.podUid)) {
    throw new NodeError(status.NOT_FOUND, `pod "${ref?.podName ?? ""}" not found on node ${directory.nodeName}`);
  }
  return found;
}
