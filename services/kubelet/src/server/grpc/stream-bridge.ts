import type { Readable } from "node:stream";
import type { StreamInput, StreamOutput, StreamStart } from "@drydock/proto/drydock/node/v1/node";
import { type ServerDuplexStream, status } from "@grpc/grpc-js";
import type { ExecSession } from "../../runtime/runtime.ts";
import { NodeError } from "../pod-directory.ts";

type Call = ServerDuplexStream<StreamInput, StreamOutput>;

/** Carries one session between the apiserver's stream and the runtime's, back-pressure both ways; ends with the exit code. */
export async function bridgeSession(call: Call, open: (start: StreamStart) => Promise<ExecSession>): Promise<void> {
  const inputs = call[Symbol.asyncIterator]() as AsyncIterator<StreamInput>;
  const first = await inputs.next();
  const start = first.done ? undefined : first.value.kind;
  if (start?.$case !== "start") throw new NodeError(status.INVALID_ARGUMENT, "the first message must be start");
  const session = await open(start.value);
  call.on("cancelled", () => session.close());
  void pumpInput(inputs, session);
  const stdout = pumpOutput(call, session.stdout, "stdout");
  const stderr = pumpOutput(call, session.stderr, "stderr");
  const code = await session.exitCode;
  await Promise.all([stdout, stderr]);
  call.write({ kind: { $case: "exit", value: { code, error: "" } } });
  call.end();
}

async function pumpInput(inputs: AsyncIterator<StreamInput>, session: ExecSession): Promise<void> {
  try {
    for (let next = await inputs.next(); !next.done; next = await inputs.next()) {
      const { kind } = next.value;
      if (kind?.$case === "stdin") session.stdin.write(kind.value);
      else if (kind?.$case === "closeStdin") session.stdin.end();
      else if (kind?.$case === "resize") await session.resize(kind.value.width, kind.value.height).catch(() => {});
    }
  } catch {
    session.close();
  }
}

async function pumpOutput(call: Call, stream: Readable, channel: "stdout" | "stderr"): Promise<void> {
  for await (const chunk of stream) {
    if (!call.write({ kind: { $case: channel, value: chunk as Buffer } }))
      await new Promise((resolve) => call.once("drain", resolve));
  }
}
