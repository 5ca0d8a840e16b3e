import { connect } from "node:net";
import type { ForwardInput, ForwardOutput } from "@drydock/proto/drydock/node/v1/node";
import { type ServerDuplexStream, status } from "@grpc/grpc-js";
import { findSandbox, NodeError, type PodDirectory, toServiceError } from "../pod-directory.ts";

type Call = ServerDuplexStream<ForwardInput, ForwardOutput>;

/** One TCP connection to a pod's port. The node reaches the pod's address through its own bridge. */
export function createPortForward(directory: PodDirectory) {
  return (call: Call): void => {
    forward(directory, call).catch((error: unknown) => call.emit("error", toServiceError(error)));
  };
}

async function forward(directory: PodDirectory, call: Call): Promise<void> {
  const inputs = call[Symbol.asyncIterator]() as AsyncIterator<ForwardInput>;
  const first = await inputs.next();
  const start = first.done ? undefined : first.value.kind;
  if (start?.$case !== "start") throw new NodeError(status.INVALID_ARGUMENT, "the first message must be start");
  const sandbox = await findSandbox(directory, start.value.target);
  const socket = connect({ host: sandbox.ip || "127.0.0.1", port: start.value.port, allowHalfOpen: true });
  call.on("cancelled", () => socket.destroy());
  socket.once("error", (error) => {
    call.write({
      kind: { $case: "error", value: `error forwarding port ${start.value.port} to pod: ${error.message}` },
    });
    call.end();
  });
  socket.once("end", () => call.end());
  socket.on("data", (data) => {
    if (call.write({ kind: { $case: "data", value: data } })) return;
    socket.pause();
    call.once("drain", () => socket.resume());
  });
  for (let next = await inputs.next(); !next.done; next = await inputs.next()) {
    const { kind } = next.value;
    if (kind?.$case === "close") socket.end();
    if (kind?.$case === "data" && !socket.write(kind.value))
      await new Promise((resolve) => socket.once("drain", resolve));
  }
  socket.end();
}
