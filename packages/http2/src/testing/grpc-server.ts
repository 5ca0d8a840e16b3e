import { once } from "node:events";
import { type AddressInfo, createServer as createPlainServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type sendUnaryData,
} from "@grpc/grpc-js";
import { openGrpcSink } from "../grpc-sink.ts";
import type { Limits } from "../limits.ts";
import { Http2Server } from "../server.ts";

export type UnaryHandler = (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) => void;
export type StreamHandler = (call: ServerDuplexStream<Buffer, Buffer>) => void;

export interface TestTls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const asItIs = (octets: Buffer): Buffer => octets;
const serializers = {
  requestSerialize: asItIs,
  requestDeserialize: asItIs,
  responseSerialize: asItIs,
  responseDeserialize: asItIs,
};
export const unaryMethod = { path: "/test.Echo/Unary", ...serializers };
export const streamPath = "/test.Echo/Stream";

/** grpc-js's server with one unary method and one stream, on node's HTTP/2 or on ours. Octets go in and out as they are. */
export class TestGrpcServer {
  readonly port: number;
  readonly #stop: () => Promise<void>;

  private constructor(port: number, stop: () => Promise<void>) {
    this.port = port;
    this.#stop = stop;
  }

  static async start(
    transport: "node" | "ours",
    handlers: { readonly unary?: UnaryHandler; readonly stream?: StreamHandler },
    { tls, limits }: { readonly tls?: TestTls; readonly limits?: Partial<Limits> } = {},
  ): Promise<TestGrpcServer> {
    const server = new Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
    server.addService(
      {
        Unary: { ...unaryMethod, requestStream: false, responseStream: false },
        Stream: { path: streamPath, requestStream: true, responseStream: true, ...serializers },
      },
      { Unary: handlers.unary ?? echoUnary, Stream: handlers.stream ?? echoStream },
    );
    return transport === "node" ? TestGrpcServer.#onNode(server, tls) : TestGrpcServer.#onOurs(server, tls, limits);
  }

  /** Connections are cut. */
  stop(): Promise<void> {
    return this.#stop();
  }

  static async #onNode(server: Server, tls: TestTls | undefined): Promise<TestGrpcServer> {
    const pair = tls && [{ cert_chain: Buffer.from(tls.cert), private_key: Buffer.from(tls.key) }];
    const credentials = pair
      ? ServerCredentials.createSsl(Buffer.from(tls.ca), pair, true)
      : ServerCredentials.createInsecure();
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync("127.0.0.1:0", credentials, (error, bound) => (error ? reject(error) : resolve(bound))),
    );
    return new TestGrpcServer(port, async () => server.forceShutdown());
  }

  static async #onOurs(server: Server, tls: TestTls | undefined, limits = {}): Promise<TestGrpcServer> {
    const http2 = new Http2Server(limits);
    const sink = openGrpcSink(server);
    http2.on("session", (session: object) => sink.session(session));
    http2.on("stream", (stream: object, headers: object) => sink.stream(stream, headers));
    const accept = (socket: Socket) => http2.accept(socket);
    const listener = tls
      ? createTlsServer({ ...tls, requestCert: true, rejectUnauthorized: true, ALPNProtocols: ["h2"] }, accept)
      : createPlainServer(accept);
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
    return new TestGrpcServer((listener.address() as AddressInfo).port, async () => {
      listener.close();
      for (const { socket } of http2.connections) socket.destroy();
      await http2.close(0);
      server.forceShutdown();
    });
  }
}

/** Answers with the request, and with its metadata as trailers. */
const echoUnary: UnaryHandler = (call, callback) => {
  const trailers = new Metadata();
  for (const name of Object.keys(call.metadata.getMap()).filter((key) => key.startsWith("x-")))
    trailers.set(name, call.metadata.get(name)[0] as string);
  callback(null, call.request, trailers);
};

const echoStream: StreamHandler = (call) => {
  call.sendMetadata(new Metadata());
  call.on("data", (message: Buffer) => {
    if (call.write(message)) return;
    call.pause();
    call.once("drain", () => call.resume());
  });
  call.on("end", () => call.end());
  call.on("error", () => {});
};
