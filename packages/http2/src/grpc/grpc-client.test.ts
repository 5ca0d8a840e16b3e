import assert from "node:assert/strict";
import { once } from "node:events";
import { createAuthority, issueCertificate } from "@drydock/pki";
import { Metadata, type ServerDuplexStream, type ServerUnaryCall, status } from "@grpc/grpc-js";
import { openConnection, type Target } from "../client/open-connection.ts";
import { streamPath, TestGrpcServer, type TestTls, unaryMethod } from "../testing/grpc-server.ts";
import type { CallOptions, GrpcCall } from "./grpc-call.ts";
import { GrpcClient } from "./grpc-client.ts";
import type { GrpcError } from "./grpc-error.ts";

const large = Buffer.alloc(10 << 20, "drydock messages ");
const clients: GrpcClient[] = [];
const servers: TestGrpcServer[] = [];

type StartOptions = Parameters<typeof TestGrpcServer.start>;

async function start(...options: StartOptions): Promise<TestGrpcServer> {
  const server = await TestGrpcServer.start(...options);
  servers.push(server);
  return server;
}

async function connectTo({ port }: TestGrpcServer, target: Partial<Target> = {}): Promise<GrpcClient> {
  const connection = await openConnection({ host: "127.0.0.1", port, timeoutMs: 5000, ...target });
  const client = new GrpcClient(connection, { authority: `127.0.0.1:${port}` });
  clients.push(client);
  return client;
}

/** What came on a stream; settles with its end. */
function follow(client: GrpcClient, options: CallOptions = {}) {
  const messages: Buffer[] = [];
  const ended = Promise.withResolvers<GrpcError | undefined>();
  const begun = Promise.withResolvers<void>();
  let wake = (): void => {};
  const call: GrpcCall = client.call(streamPath, options, {
    onMetadata: () => begun.resolve(),
    onMessage(message) {
      messages.push(message);
      wake();
    },
    onEnd: ended.resolve,
  });
  const received = async (octets: number): Promise<void> => {
    while (messages.reduce((sum, { length }) => sum + length, 0) < octets)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  };
  return { call, messages, ended: ended.promise, begun: begun.promise, received };
}

async function issueTls(): Promise<TestTls & { readonly stranger: TestTls }> {
  const [authority, foreign] = await Promise.all([createAuthority("test"), createAuthority("foreign")]);
  const request = {
    commonName: "node",
    subjectAltNames: ["localhost", "127.0.0.1"],
    usages: ["server", "client"] as const,
  };
  const own = await issueCertificate(authority, request);
  const other = await issueCertificate(foreign, request);
  const ca = authority.certPem;
  return {
    ca,
    cert: own.certPem,
    key: own.keyPem,
    stranger: { ca, cert: other.certPem, key: other.keyPem },
  };
}

async function failureOf(promise: Promise<unknown>): Promise<GrpcError> {
  return promise.then(
    () => assert.fail("it succeeded"),
    (error: GrpcError) => error,
  );
}

afterEach(async () => {
  for (const { connection } of clients.splice(0)) connection.destroy();
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

for (const transport of ["node", "ours"] as const)
  describe(`a gRPC client with a server on ${transport === "node" ? "node's HTTP/2" : "our HTTP/2"}`, function () {
    this.timeout(30_000);

    it("gets answers, each to its own call", async () => {
      const client = await connectTo(await start(transport, {}));
      const sent = Array.from({ length: 200 }, (_, index) => Buffer.alloc(index * 50, index));
      const answers = await Promise.all(sent.map((message) => client.unary(unaryMethod, message)));
      assert.deepEqual(answers, sent);
    });

    it("sends metadata, and tells of the server's errors in its own words, with trailers", async () => {
      const unary = (call: ServerUnaryCall<Buffer, Buffer>, callback: (error: object) => void) => {
        const metadata = new Metadata();
        metadata.set("x-echo", call.metadata.get("x-ask")[0] as string);
        callback({ code: status.NOT_FOUND, details: "kein Schlüssel: 100 %", metadata });
      };
      const client = await connectTo(await start(transport, { unary }));
      for (let round = 0; round < 3; round++) {
        const error = await failureOf(client.unary(unaryMethod, Buffer.of(1), { metadata: { "x-ask": `${round}` } }));
        assert.equal(error.code, status.NOT_FOUND);
        assert.equal(error.details, "kein Schlüssel: 100 %");
        assert.equal(error.metadata["x-echo"], `${round}`);
      }
    });

    it("tells of a method that is not there", async () => {
      const client = await connectTo(await start(transport, {}));
      const error = await failureOf(client.unary({ ...unaryMethod, path: "/test.Echo/None" }, Buffer.of(1)));
      assert.equal(error.code, status.UNIMPLEMENTED);
    });

    it("keeps to a deadline, and tells the server of it", async () => {
      let deadlineMs = 0;
      const unary = (call: ServerUnaryCall<Buffer, Buffer>, callback: (error: null, answer: Buffer) => void) => {
        deadlineMs = Number(call.getDeadline());
        if (call.request.length > 0) callback(null, call.request);
      };
      const client = await connectTo(await start(transport, { unary }));
      const before = Date.now();
      await client.unary(unaryMethod, Buffer.of(1), { timeoutMs: 60_000 });
      assert.ok(deadlineMs >= before + 59_999 && deadlineMs <= Date.now() + 60_000, `${deadlineMs - before}`);
      const askedAtMs = Date.now();
      const error = await failureOf(client.unary(unaryMethod, Buffer.alloc(0), { timeoutMs: 300 }));
      assert.equal(error.code, status.DEADLINE_EXCEEDED);
      assert.ok(Date.now() - askedAtMs >= 295);
    });

    it("cancels: the call ends at once and the server hears of it", async () => {
      const cancelled = Promise.withResolvers<void>();
      const arrived = Promise.withResolvers<void>();
      const unary = (call: ServerUnaryCall<Buffer, Buffer>) => {
        call.on("cancelled", () => cancelled.resolve());
        arrived.resolve();
      };
      const client = await connectTo(await start(transport, { unary }));
      const controller = new AbortController();
      const answer = failureOf(client.unary(unaryMethod, Buffer.of(1), { signal: controller.signal }));
      await arrived.promise;
      controller.abort();
      assert.equal((await answer).code, status.CANCELLED);
      await cancelled.promise;
      const late = await failureOf(client.unary(unaryMethod, Buffer.of(1), { signal: controller.signal }));
      assert.equal(late.code, status.CANCELLED);
    });

    it("carries 10 MB both ways, in one call and on a stream", async () => {
      const client = await connectTo(await start(transport, {}));
      assert.ok(large.equals(await client.unary(unaryMethod, large)));
      const { call, messages, ended } = follow(client);
      call.write(large);
      call.write(Buffer.of(7), true);
      assert.equal(await ended, undefined);
      assert.deepEqual(
        messages.map(({ length }) => length),
        [large.length, 1],
      );
      assert.ok(large.equals(messages[0] as Buffer));
    });

    it("carries every octet through a window smaller than the messages", async () => {
      const server = await start(transport, {}, { limits: { streamWindow: 700 } });
      const client = await connectTo(server, { limits: { streamWindow: 333, connectionWindow: 65_535 } });
      const sent = Array.from({ length: 60 }, (_, index) =>
        Buffer.from(Array.from({ length: index * 97 }, (_, at) => (at * 31 + index) & 0xff)),
      );
      const { call, messages, ended } = follow(client);
      for (const message of sent) call.write(message);
      call.end();
      assert.equal(await ended, undefined);
      assert.deepEqual(messages, sent);
    });

    it("holds a server back while it is paused", async () => {
      const stream = (call: ServerDuplexStream<Buffer, Buffer>) => {
        const more = () => {
          while (call.write(Buffer.alloc(1000)));
          call.once("drain", more);
        };
        more();
        call.on("error", () => {});
      };
      const client = await connectTo(await start(transport, { stream }), { limits: { streamWindow: 50_000 } });
      const { call, messages, received, ended } = follow(client);
      await received(200_000);
      call.pause();
      await client.unary(unaryMethod, Buffer.of(1));
      const atPause = messages.length;
      for (let round = 0; round < 20; round++) await client.unary(unaryMethod, Buffer.of(1));
      assert.equal(messages.length, atPause);
      call.resume();
      await received(400_000);
      call.cancel();
      assert.equal((await ended)?.code, status.CANCELLED);
    });

    it("ends a stream that the server ends with an error, after its messages", async () => {
      const stream = (call: ServerDuplexStream<Buffer, Buffer>) => {
        call.write(Buffer.from("last words"));
        call.emit("error", { code: status.ABORTED, details: "enough" });
      };
      const client = await connectTo(await start(transport, { stream }));
      const { messages, ended } = follow(client);
      const error = await ended;
      assert.deepEqual([error?.code, error?.details], [status.ABORTED, "enough"]);
      assert.equal(String(messages), "last words");
    });

    it("tells at once that the server is gone, and what that says of calls", async () => {
      const server = await start(transport, { unary: () => {} });
      const client = await connectTo(server);
      const { begun, ended } = follow(client);
      const answer = failureOf(client.unary(unaryMethod, Buffer.of(1)));
      await begun;
      const closed = once(client.connection, "close");
      await server.stop();
      // grpc-js on node's HTTP/2 resets its streams before it goes.
      const expected = transport === "node" ? [status.CANCELLED, status.UNAVAILABLE] : [status.UNAVAILABLE];
      for (const error of [await ended, await answer]) {
        assert.ok(error && expected.includes(error.code), String(error));
        assert.equal(error.isUnprocessed, false);
      }
      await closed;
      const late = await failureOf(client.unary(unaryMethod, Buffer.of(1)));
      assert.deepEqual([late.code, late.isUnprocessed], [status.UNAVAILABLE, true]);
    });

    it("speaks TLS, with a certificate of its own", async () => {
      const tls = await issueTls();
      const server = await start(transport, {}, { tls });
      for (const host of ["127.0.0.1", "localhost"]) {
        const client = await connectTo(server, { tls, host });
        assert.ok(large.equals(await client.unary(unaryMethod, large)));
      }
      await assert.rejects(connectTo(server, { tls: tls.stranger, timeoutMs: 3000 }));
      await assert.rejects(connectTo(server, { tls: { ...tls, ca: tls.stranger.cert } }));
      await assert.rejects(connectTo(server, { timeoutMs: 1000 }));
    });
  });

describe("a gRPC client whose server allows two streams at once", () => {
  it("lets further calls wait their turn", async () => {
    let open = 0;
    let most = 0;
    const unary = (call: ServerUnaryCall<Buffer, Buffer>, callback: (error: null, answer: Buffer) => void) => {
      most = Math.max(most, ++open);
      setImmediate(() => {
        open--;
        callback(null, call.request);
      });
    };
    const client = await connectTo(await start("ours", { unary }, { limits: { concurrentStreamsMax: 2 } }));
    const sent = Array.from({ length: 50 }, (_, index) => Buffer.of(index));
    assert.deepEqual(await Promise.all(sent.map((message) => client.unary(unaryMethod, message))), sent);
    assert.equal(most, 2);
  });
});
