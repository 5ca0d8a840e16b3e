import { once } from "node:events";
import {
  Metadata,
  type MethodDefinition,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceError,
  type sendUnaryData,
  status,
} from "@grpc/grpc-js";
import type { HttpHandler } from "../../http/exchange.ts";

export const asItIs = (message: Buffer) => message;
const method = (name: string, requestStream: boolean, responseStream: boolean): MethodDefinition<Buffer, Buffer> => ({
  path: `/test.Test/${name}`,
  requestStream,
  responseStream,
  requestSerialize: asItIs,
  requestDeserialize: asItIs,
  responseSerialize: asItIs,
  responseDeserialize: asItIs,
});
export const SERVICE = {
  unary: method("Unary", false, false),
  down: method("Down", false, true),
  up: method("Up", true, false),
  both: method("Both", true, true),
  hang: method("Hang", false, false),
  missing: method("Missing", false, false),
};

export type Unary = ServerUnaryCall<Buffer, Buffer>;
type Reply = sendUnaryData<Buffer>;

/** What the server of these tests does, and what it has seen. */
export class TestService {
  cancelled = 0;
  authContext: unknown;

  handlers() {
    return {
      unary: (call: Unary, reply: Reply) => this.#unary(call, reply),
      hang: (call: Unary) => {
        call.on("cancelled", () => this.cancelled++);
      },
      down: (call: ServerWritableStream<Buffer, Buffer>) => {
        void sendParts(call, call.request);
      },
      up: (call: ServerReadableStream<Buffer, Buffer>, reply: Reply) => {
        const parts: Buffer[] = [];
        call.on("data", (part: Buffer) => parts.push(part));
        call.on("end", () => reply(null, Buffer.concat(parts)));
      },
      both: (call: ServerDuplexStream<Buffer, Buffer>) => {
        call.on("data", (part: Buffer) => call.write(part));
        call.on("end", () => call.end());
        call.on("cancelled", () => this.cancelled++);
      },
    };
  }

  #unary(call: Unary, reply: Reply): void {
    this.authContext = call.getAuthContext();
    if (call.request.toString() === "fail") {
      const details = "étage: 5%\n";
      const metadata = new Metadata();
      metadata.set("x-why", "because");
      reply({ code: status.NOT_FOUND, details, metadata } as Partial<ServiceError>);
      return;
    }
    const copied = new Metadata();
    for (const [name, value] of Object.entries(call.metadata.getMap()))
      if (name.startsWith("x-")) copied.set(name, value);
    call.sendMetadata(copied);
    reply(null, call.request, copied);
  }
}

/** The first four octets say how many parts of how many octets; waits for the client where gRPC says so. */
async function sendParts(call: ServerWritableStream<Buffer, Buffer>, request: Buffer): Promise<void> {
  const count = request.readUInt16BE(0);
  const part = Buffer.alloc(request.readUInt16BE(2), 9);
  for (let index = 0; index < count && !call.cancelled; index++) if (!call.write(part)) await once(call, "drain");
  call.end();
}

/** Tells what it was asked. */
export const handler: HttpHandler = async (request, response) => {
  if (request.target === "/throw") throw new Error("a bug");
  if (request.target === "/large") return sendLarge(response);
  let octets = 0;
  for await (const chunk of request.body) octets += chunk.length;
  const body = {
    method: request.method,
    target: request.target,
    octets,
    name: request.commonName,
    x: request.headers["x-test"],
  };
  response.begin(200, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
};

async function sendLarge(response: Parameters<HttpHandler>[1]): Promise<void> {
  response.begin(200, {});
  for (let part = 0; part < 500; part++) if (!response.write(Buffer.alloc(10_000))) await response.drained();
  response.end();
}
