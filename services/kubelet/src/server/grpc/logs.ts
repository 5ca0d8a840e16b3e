import type { LogsChunk, LogsRequest } from "@drydock/proto/drydock/node/v1/node";
import { type ServerWritableStream, status } from "@grpc/grpc-js";
import type { LogOptions } from "../../runtime/runtime.ts";
import { findContainer, findPod, NodeError, type PodDirectory, toServiceError } from "../pod-directory.ts";

/** Streams a container's log; a follower gets what is written until the container ends. */
export function createLogs(directory: PodDirectory) {
  return (call: ServerWritableStream<LogsRequest, LogsChunk>): void => {
    const aborter = new AbortController();
    call.on("cancelled", () => aborter.abort());
    copyLogs(directory, call, aborter.signal).then(
      () => call.end(),
      (error: unknown) => call.emit("error", toServiceError(error)),
    );
  };
}

async function copyLogs(
  directory: PodDirectory,
  call: ServerWritableStream<LogsRequest, LogsChunk>,
  signal: AbortSignal,
): Promise<void> {
  for await (const data of await logStream(directory, call.request, signal)) {
    if (!call.write({ data })) await new Promise((resolve) => call.once("drain", resolve));
  }
}

/** What a request wants of a log, in pieces. Rejects with a NodeError for a container that has none. */
export async function logStream(
  directory: PodDirectory,
  request: LogsRequest,
  signal: AbortSignal,
): Promise<AsyncIterable<Buffer>> {
  const container = await findContainer(directory, request.target, request.previous);
  if (!container || container.state === "created") throw notThereYet(directory, request);
  const stream = await directory.runtime.logs(container.id, logOptions(request, signal));
  return limited(stream, request.limitBytes ?? Number.POSITIVE_INFINITY, signal);
}

/** Ends the stream when enough has been read. */
async function* limited(stream: AsyncIterable<Buffer>, limitBytes: number, signal: AbortSignal): AsyncIterable<Buffer> {
  let left = limitBytes;
  for await (const chunk of stream) {
    yield chunk.length > left ? chunk.subarray(0, left) : chunk;
    left -= chunk.length;
    if (left <= 0 || signal.aborted) return;
  }
}
function logOptions(request: LogsRequest, signal: AbortSignal): LogOptions {
  const sinceMs = request.sinceTime
    ? Date.parse(request.sinceTime)
    : request.sinceSeconds
      ? Date.now() - request.sinceSeconds * 1000
      : undefined;
  return {
    follow: request.follow && !request.previous,
    timestamps: request.timestamps,
    ...(request.tailLines === undefined ? {} : { tailLines: request.tailLines }),
    ...(sinceMs === undefined ? {} : { sinceMs }),
    stream: (request.stream || "All") as LogOptions["stream"],
    signal,
  };
}

/** Upstream's texts for a container that has no log. */
function notThereYet(directory: PodDirectory, { target, previous }: LogsRequest): NodeError {
  const pod = findPod(directory, target);
  const name = target?.container ?? "";
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  const waiting = statuses.find((candidate) => candidate.name === name)?.state?.waiting;
  if (previous)
    return new NodeError(
      status.INVALID_ARGUMENT,
      `previous terminated container "${name}" in pod "${pod.metadata.name}" not found`,
    );
  const reason = waiting?.reason ?? "ContainerCreating";
  const isImage = reason === "ErrImagePull" || reason === "ImagePullBackOff";
  const why = isImage ? "trying and failing to pull image" : reason;
  return new NodeError(
    status.INVALID_ARGUMENT,
    `container "${name}" in pod "${pod.metadata.name}" is waiting to start: ${why}`,
  );
}
