import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { Http2Server, keepRequestsYoung, openGrpcSink } from "@drydock/http2";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { ECHO, type EchoHandlers } from "./echo.ts";

/**
 * A process that serves the echo over the transport named by its arguments (`own` or `node`, and `young` for `keepRequestsYoung`), says its port,
 * and answers every message with the processor time it has used.
 */
if (process.argv.includes("young")) keepRequestsYoung();
const server = new Server({ "grpc.enable_channelz": 0, "grpc.max_receive_message_length": -1 });
server.addService(ECHO, { echo: (call, callback) => callback(null, call.request) } satisfies EchoHandlers);

process.send?.({ port: await (process.argv.includes("own") ? listenOwn() : listenNode()) });
process.on("message", () => process.send?.({ cpuMicros: cpuMicros() }));
process.on("disconnect", () => process.exit());

async function listenOwn(): Promise<number> {
  const sink = openGrpcSink(server);
  const http2 = new Http2Server();
  http2.on("session", (session) => sink.session(session));
  http2.on("stream", (stream, headers) => sink.stream(stream, headers));
  const listener = createServer((socket) => http2.accept(socket)).listen(0, "127.0.0.1");
  await once(listener, "listening");
  return (listener.address() as AddressInfo).port;
}

function listenNode(): Promise<number> {
  return new Promise((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    ),
  );
}

function cpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
