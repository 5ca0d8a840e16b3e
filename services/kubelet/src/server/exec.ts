import type { StreamInput, StreamOutput } from "@drydock/proto/drydock/node/v1/node";
import { type ServerDuplexStream, status } from "@grpc/grpc-js";
import { findRunning, NodeError, type PodDirectory, toServiceError } from "./pod-directory.ts";
import { bridgeSession } from "./stream-bridge.ts";

/** Runs a command in a container. */
export function createExec(directory: PodDirectory) {
  return (call: ServerDuplexStream<StreamInput, StreamOutput>): void => {
    bridgeSession(call, async (start) => {
      if (start.command.length === 0)
        throw new NodeError(status.INVALID_ARGUMENT, "you must specify at least 1 command for the container");
      const container = await findRunning(directory, start.target);
      return directory.runtime.exec(container.id, {
        command: start.command,
        isTty: start.tty,
        hasStdin: start.stdin,
        hasStdout: start.stdout,
        hasStderr: start.stderr,
      });
    }).catch((error: unknown) => call.emit("error", toServiceError(error)));
  };
}
