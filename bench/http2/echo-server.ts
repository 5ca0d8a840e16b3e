import { Server, ServerCredentials } from "@grpc/grpc-js";
import { ECHO, type EchoHandlers } from "./echo.ts";

/** A process that serves the echo with the transport named by its argument, says its port, and answers every message with the processor time it has used. */
const server = new Server({ "grpc.enable_channelz": 0, "grpc.max_receive_message_length": -1 });
server.addService(ECHO, { echo: (call, callback) => callback(null, call.request) } satisfies EchoHandlers);

const port = await new Promise<number>((resolve, reject) =>
  server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
    error ? reject(error) : resolve(bound),
  ),
);
process.send?.({ port });
process.on("message", () => process.send?.({ cpuMicros: cpuMicros() }));
process.on("disconnect", () => process.exit());

function cpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
