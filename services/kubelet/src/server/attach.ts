import type { StreamInput, StreamOutput } from "@drydock/proto/drydock/node/v1/node";
import type { ServerDuplexStream } from "@grpc/grpc-js";
import { findPod, findRunning, type PodDirectory, toServiceError } from "./pod-directory.ts";
import { bridgeSession } from "./stream-bridge.ts";

/** Connects to a container's main process. The container's own spec decides whether it is a terminal. */
export function createAttach(directory: PodDirectory) {
  return (call: ServerDuplexStream<StreamInput, StreamOutput>): void => {
    bridgeSession(call, async (start) => {
      const container = await findRunning(directory, start.target);
      const spec = findPod(directory, start.target).spec?.containers.find(({ name }) => name === container.name);
      const options = {
        isTty: spec?.tty ?? false,
        hasStdin: start.stdin,
        hasStdout: start.stdout,
        hasStderr: start.stderr,
      };
      return directory.runtime.attach(container.id, options);
    }).catch((error: unknown) => call.emit("error", toServiceError(error)));
  };
}
