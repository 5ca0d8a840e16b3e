import assert from "node:assert/strict";
import { connect, type IncomingHttpHeaders } from "node:http2";
import { type AddressInfo, createServer, type Server } from "node:net";
import { Http2Server } from "../../server.ts";
import { DirectGrpc } from "./direct-grpc.ts";
import type { DirectMethod } from "./methods.ts";

const asItIs = (octets: Buffer): Buffer => octets;
const method = (name: string, isStream: boolean, part: Partial<DirectMethod> = {}): DirectMethod => ({
  path: `/test.Echo/${name}`,
  requestStream: isStream,
  responseStream: isStream,
  requestDeserialize: asItIs,
  responseSerialize: asItIs,
  ...part,
});
const framed = (message: Buffer, flag = 0): Buffer => {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
};
const OCTETS_MAX = 100_000;

interface Answer {
  readonly status: string | undefined;
  readonly message: string | undefined;
  readonly body: Buffer;
}

describe("gRPC straight on our HTTP/2", () => {
  let tcp: Server;
  let http2: Http2Server;
  let untaken: string[];

  beforeEach(async () => {
    untaken = [];
    const direct = new DirectGrpc(OCTETS_MAX);
    direct.add(method("Unary", false), (call, callback) =>
      callback(null, (call as unknown as { request: Buffer }).request),
    );
    const pieces = (response: Buffer) =>
      Array.from({ length: response.length }, (_, at) => response.subarray(at, at + 1));
    direct.add(
      method("Pieces", false, { responsePieces: pieces as DirectMethod["responsePieces"] }),
      (call, callback) => callback(null, (call as unknown as { request: Buffer }).request),
    );
    const broken = () => {
      throw new Error("no such field");
    };
    direct.add(method("Undecodable", false, { requestDeserialize: broken }), (_, callback) =>
      callback(null, Buffer.of(1)),
    );
    direct.add(method("Unencodable", false, { responseSerialize: broken }), (_, callback) =>
      callback(null, Buffer.of(1)),
    );
    direct.add(method("Stream", true), (call) => {
      const stream = call as unknown as { write(message: Buffer): boolean; end(): void };
      call.on("data", (message: Buffer) => stream.write(message));
      call.on("end", () => stream.end());
    });
    http2 = new Http2Server();
    http2.on("stream", (stream, headers) => {
      if (direct.take(stream, headers)) return;
      untaken.push(headers[":path"]);
      stream.respond({ ":status": 200, "grpc-status": "12" }, { endStream: true });
    });
    tcp = createServer((socket) => http2.accept(socket));
    await new Promise<void>((resolve) => tcp.listen(0, "127.0.0.1", resolve));
  });
  afterEach(async () => {
    await http2.close(100);
    await new Promise((resolve) => tcp.close(resolve));
  });

  async function call(
    name: string,
    chunks: readonly Buffer[],
    headers: Record<string, string> = {},
    settings: { initialWindowSize?: number; headerTableSize?: number } = {},
  ): Promise<Answer> {
    const session = connect(`http://127.0.0.1:${(tcp.address() as AddressInfo).port}`, { settings });
    const stream = session.request({
      ":method": "POST",
      ":path": `/test.Echo/${name}`,
      "content-type": "application/grpc",
      te: "trailers",
      ...headers,
    });
    stream.on("error", () => {});
    const closed = new Promise((resolve) => stream.once("close", resolve));
    let fields: IncomingHttpHeaders = {};
    for (const event of ["response", "trailers"] as const)
      stream.on(event, (got: IncomingHttpHeaders) => {
        fields = { ...fields, ...got };
      });
    const body: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => body.push(chunk));
    for (const chunk of chunks) {
      stream.write(chunk);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    stream.end();
    await closed;
    session.close();
    const one = (name: string) => fields[name]?.toString();
    return { status: one("grpc-status"), message: one("grpc-message"), body: Buffer.concat(body) };
  }

  const answers: [string, string, Buffer[], string, RegExp?][] = [
    ["a message", "Unary", [framed(Buffer.from("x"))], "0"],
    ["a message in single octets", "Unary", [...framed(Buffer.from("x"))].map((octet) => Buffer.of(octet)), "0"],
    ["a message of nothing", "Unary", [framed(Buffer.alloc(0))], "0"],
    ["the longest message there may be", "Unary", [framed(Buffer.alloc(OCTETS_MAX))], "0"],
    [
      "a longer one",
      "Unary",
      [framed(Buffer.alloc(OCTETS_MAX + 1))],
      "8",
      /^grpc: received message larger than max \(\d+ vs\. 100000\)$/,
    ],
    ["no message", "Unary", [], "13", /not exactly one message/],
    ["half a message", "Unary", [framed(Buffer.from("long")).subarray(0, 7)], "13", /not exactly one message/],
    ["two messages", "Unary", [framed(Buffer.of(1)), framed(Buffer.of(2))], "13", /not exactly one message/],
    ["a compressed message", "Unary", [framed(Buffer.of(1), 1)], "13", /compressed/],
    ["what cannot be decoded", "Undecodable", [framed(Buffer.of(1))], "13", /no such field/],
    ["what cannot be encoded", "Unencodable", [framed(Buffer.of(1))], "13", /no such field/],
    ["a stream of messages", "Stream", [framed(Buffer.of(1)), framed(Buffer.of(2))], "0"],
    ["a stream of nothing", "Stream", [], "0"],
    ["a stream with a compressed message", "Stream", [framed(Buffer.of(1), 1)], "13", /compressed/],
    ["a stream with too long a message", "Stream", [framed(Buffer.alloc(OCTETS_MAX + 1))], "13", /100001 octets/],
  ];
  for (const [what, name, chunks, status, message] of answers)
    it(`answers ${what} with status ${status}`, async () => {
      const answer = await call(name, chunks);
      assert.equal(answer.status, status);
      if (message) assert.match(String(answer.message), message);
      if (status === "0") assert.deepEqual(answer.body, Buffer.concat(chunks));
    });

  it("sends what lies in pieces through a window that is smaller", async () => {
    const request = framed(Buffer.alloc(50_000, "pieces of a message "));
    const answer = await call("Pieces", [request], {}, { initialWindowSize: 777 });
    assert.equal(answer.status, "0");
    assert.ok(answer.body.equals(request));
  });

  it("tells the client of a header table of another size before the first block", async () => {
    for (const headerTableSize of [0, 100]) {
      const answer = await call("Unary", [framed(Buffer.of(7))], {}, { headerTableSize });
      assert.deepEqual([answer.status, answer.body], ["0", framed(Buffer.of(7))]);
    }
  });

  it("leaves to others what it does not serve", async () => {
    await call("Other", [framed(Buffer.of(1))]);
    await call("Unary", [framed(Buffer.of(1))], { "grpc-encoding": "gzip" });
    await call("Unary", [framed(Buffer.of(1))], { "content-type": "application/grpc+json" });
    assert.deepEqual(untaken, ["/test.Echo/Other", "/test.Echo/Unary", "/test.Echo/Unary"]);
  });

  it("refuses a method that streams one way", () => {
    const oneWay = { ...method("Down", false), responseStream: true };
    assert.throws(() => new DirectGrpc(1).add(oneWay, () => {}), /streams one way only/);
  });
});
