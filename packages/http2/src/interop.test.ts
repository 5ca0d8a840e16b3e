import assert from "node:assert/strict";
import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type OutgoingHttpHeaders } from "node:http2";
import type { Http2Stream } from "./connection.ts";
import type { RequestHeaders } from "./request-head.ts";
import { EchoServer, echo } from "./testing/raw-client.ts";

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly trailers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

const large = Buffer.alloc(10 << 20, "drydock ");

describe("HTTP/2 with node's client", () => {
  let server: EchoServer;
  let session: ClientHttp2Session;
  let heard: RequestHeaders = {};

  async function start(settings: { initialWindowSize?: number; headerTableSize?: number } = {}): Promise<void> {
    server = await EchoServer.start();
    server.http2.on("stream", (_stream: Http2Stream, headers: RequestHeaders) => {
      heard = headers;
    });
    session = connect(`http://127.0.0.1:${server.port}`, { settings });
    await once(session, "connect");
  }
  afterEach(async () => {
    session.destroy();
    await server.stop();
  });

  async function answerOf(stream: ClientHttp2Stream): Promise<Answer> {
    let trailers = {};
    stream.on("trailers", (got) => {
      trailers = got;
    });
    const [headers] = await once(stream, "response");
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    return { status: headers[":status"], headers, trailers, body: Buffer.concat(chunks) };
  }

  function request(headers: OutgoingHttpHeaders, body?: Buffer): Promise<Answer> {
    const stream = session.request(headers, { endStream: body === undefined });
    if (body) stream.end(body);
    return answerOf(stream);
  }

  it("answers, with and without a body", async () => {
    await start();
    assert.deepEqual((await request({ ":path": "/a?b=c", "x-y": "1, 2" })).body, Buffer.alloc(0));
    assert.equal(heard[":path"], "/a?b=c");
    assert.equal(heard["x-y"], "1, 2");
    const answer = await request({ ":method": "POST" }, Buffer.from("hello"));
    assert.equal(answer.status, 200);
    assert.equal(answer.body.toString(), "hello");
  });

  for (const initialWindowSize of [1024, 65_535, 1 << 24])
    it(`carries 10 MB both ways through a window of ${initialWindowSize}`, async () => {
      await start({ initialWindowSize });
      const answer = await request({ ":method": "POST" }, large);
      assert.ok(answer.body.equals(large));
    }).timeout(60_000);

  it("serves many streams at once, each its own", async () => {
    await start();
    const bodies = Array.from({ length: 200 }, (_, index) => Buffer.alloc(index * 100, index));
    const answers = await Promise.all(bodies.map((body) => request({ ":method": "POST" }, body)));
    assert.ok(answers.every(({ body }, index) => body.equals(bodies[index] as Buffer)));
  });

  it("understands headers of every kind, and is understood", async () => {
    await start({ headerTableSize: 100 });
    server.http2.removeAllListeners("stream");
    server.http2.on("stream", (stream: Http2Stream, headers: RequestHeaders) => {
      const copied = Object.entries(headers).filter(([name]) => name.startsWith("x-"));
      stream.respond(
        { ":status": 200, ...Object.fromEntries(copied), "set-cookie": ["a=1", "b=2"] },
        { waitForTrailers: true },
      );
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": 0, "x-trailer": "ü" }));
      stream.end(Buffer.from("body"));
    });
    for (let round = 0; round < 20; round++) {
      const value = `${"é~|{}<>".repeat(round)}.`;
      const answer = await request({ "x-long": value, "x-number": String(round), cookie: ["c=1", "d=2"] });
      assert.equal(answer.headers["x-long"], value);
      assert.equal(answer.headers["x-number"], String(round));
      assert.deepEqual(answer.headers["set-cookie"], ["a=1", "b=2"]);
      assert.equal(answer.trailers["grpc-status"], "0");
      assert.equal(answer.body.toString(), "body");
    }
  });

  it("sends headers that are longer than a frame", async () => {
    await start();
    server.http2.removeAllListeners("stream");
    server.http2.on("stream", (stream: Http2Stream) => {
      const long = String(stream.id).repeat(12_000);
      stream.respond({ ":status": 200, "x-a": long, "x-b": long }, { endStream: true });
    });
    const answers = await Promise.all([request({}), request({}), request({})]);
    assert.deepEqual(
      answers.map(({ headers }) => [String(headers["x-a"]).slice(0, 3), String(headers["x-b"]).length]),
      [
        ["111", 12_000],
        ["333", 12_000],
        ["555", 12_000],
      ],
    );
  });

  it("answers before the request is over, and asks for no more of it", async () => {
    await start();
    server.http2.removeAllListeners("stream");
    server.http2.on("stream", (stream: Http2Stream) => stream.respond({ ":status": 413 }, { endStream: true }));
    const stream = session.request({ ":method": "POST" });
    stream.write(large);
    assert.equal((await answerOf(stream)).status, 413);
    assert.equal(stream.rstCode, 0);
    server.http2.removeAllListeners("stream");
    server.http2.on("stream", echo);
    assert.equal((await request({ ":method": "POST" }, Buffer.from("next"))).body.toString(), "next");
  });

  it("answers pings and asks them", async () => {
    await start();
    await new Promise<void>((resolve, reject) => session.ping((error) => (error ? reject(error) : resolve())));
    const [connection] = server.http2.connections;
    const durationMs = await new Promise<number>((resolve, reject) =>
      connection?.ping((error, ms) => (error ? reject(error) : resolve(ms))),
    );
    assert.ok(durationMs < 5000);
  });

  it("closes in peace: what is in flight is answered, and the session ends by itself", async () => {
    await start();
    const stream = session.request({ ":method": "POST" });
    stream.write("first ");
    await once(server.http2, "stream");
    const closed = server.http2.close(10_000);
    const ended = once(session, "close");
    stream.end("last");
    const answer = await answerOf(stream);
    assert.equal(answer.body.toString(), "first last");
    await Promise.all([closed, ended]);
  });
});
