import assert from "node:assert/strict";
import type { Http2Connection, Http2Stream } from "./connection.ts";
import { ErrorCode } from "./error-code.ts";
import { encodeFrame, Flag, FrameType, PREFACE } from "./frame.ts";
import { HpackEncoder } from "./hpack/encoder.ts";
import { RateLimiter } from "./limits.ts";
import { EchoServer, GET, POST, RawClient } from "./testing/raw-client.ts";

const { DATA, HEADERS, SETTINGS, RST_STREAM, PING, PRIORITY, CONTINUATION } = FrameType;
const { END_HEADERS, END_STREAM } = Flag;
const CALM = ErrorCode.ENHANCE_YOUR_CALM;

/** What a client may do too much of; each is told to be calm. */
const FLOODS: readonly (readonly [what: string, send: (client: RawClient, round: number) => void])[] = [
  [
    "streams opened and reset at once",
    (client, round) => {
      client.headers(round * 2 + 1, POST, END_HEADERS);
      client.sendWord(RST_STREAM, round * 2 + 1, 8);
    },
  ],
  ["requests that have to be reset", (client, round) => client.headers(round * 2 + 1, [...GET, ["te", "gzip"]])],
  ["PING", (client) => client.send(PING, 0, 0, Buffer.alloc(8))],
  ["SETTINGS", (client) => client.send(SETTINGS, 0, 0)],
  ["PRIORITY", (client) => client.send(PRIORITY, 0, 1, Buffer.alloc(5))],
  ["unknown frames", (client) => client.send(0x77, 0, 0)],
  [
    "empty DATA",
    (client, round) => {
      if (round === 0) client.headers(1, POST, END_HEADERS);
      client.send(DATA, 0, 1);
    },
  ],
  [
    "CONTINUATION",
    (client, round) => {
      if (round === 0) client.send(HEADERS, END_STREAM, 1, client.encoder.encodeFields(GET));
      client.send(CONTINUATION, 0, 1);
    },
  ],
  [
    "octets of a header block",
    (client, round) => {
      if (round === 0) client.send(HEADERS, END_STREAM, 1, client.encoder.encodeFields(GET));
      client.send(CONTINUATION, 0, 1, Buffer.alloc(10_000, 0x82));
    },
  ],
];

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("HTTP/2 limits", () => {
  let server: EchoServer;
  const never = () => {};

  afterEach(() => server.stop());

  for (const [what, send] of FLOODS)
    it(`end a flood of ${what}`, async () => {
      const rate = { burst: 50, perSecond: 0 };
      server = await EchoServer.start({ resets: rate, idleFrames: rate }, never);
      const client = await RawClient.open(server.port);
      for (let round = 0; round < 200; round++) send(client, round);
      assert.equal(await client.goawayCode(), CALM);
      await until(() => server.http2.connections.size === 0);
    });

  it("leave a client alone that resets a stream now and then", async () => {
    server = await EchoServer.start({ resets: { burst: 2, perSecond: 1_000_000 } }, never);
    const client = await RawClient.open(server.port);
    for (let id = 1; id < 200; id += 2) {
      client.headers(id, POST, END_HEADERS);
      client.sendWord(RST_STREAM, id, 8);
      await client.ping();
    }
    assert.equal(server.streams.length, 100);
    assert.ok(server.streams.every((stream) => stream.aborted && stream.closed));
    client.close();
  });

  /** Begins no sooner than this function is called; the server has read everything when it is judged. */
  const late = async (
    open: (port: number) => Promise<RawClient>,
    afterMs: number,
    octets: Uint8Array = Buffer.alloc(0),
  ): Promise<RawClient> => {
    const beganAtMs = Date.now();
    server = await EchoServer.start({}, never);
    const client = await open(server.port);
    await until(() => server.http2.connections.size > 0);
    const [connection] = server.http2.connections as unknown as [Http2Connection];
    client.write(octets);
    await until(() => connection.socket.bytesRead === client.socket.bytesWritten);
    connection.sweep(beganAtMs + afterMs - 1);
    assert.equal(connection.destroyed, false);
    connection.sweep(Date.now() + afterMs + 1);
    return client;
  };

  it("hang up on a client that says nothing", async () => {
    const client = await late((port) => RawClient.connect(port), 10_000);
    assert.equal(await client.goawayCode(), ErrorCode.SETTINGS_TIMEOUT);
  });

  it("hang up on a client that says little", async () => {
    const client = await late((port) => RawClient.connect(port), 10_000, PREFACE);
    assert.equal(await client.goawayCode(), ErrorCode.SETTINGS_TIMEOUT);
  });

  it("hang up on a client that never acknowledges", async () => {
    const greeting = Buffer.concat([PREFACE, encodeFrame(SETTINGS, 0, 0, Buffer.alloc(0))]);
    const client = await late((port) => RawClient.connect(port), 30_000, greeting);
    assert.equal(await client.goawayCode(), ErrorCode.SETTINGS_TIMEOUT);
  });

  it("hang up on a block that is never finished", async () => {
    const beginning = encodeFrame(HEADERS, END_STREAM, 1, new HpackEncoder().encodeFields(GET));
    const client = await late((port) => RawClient.open(port), 10_000, beginning);
    assert.equal(await client.goawayCode(), CALM);
  });

  it("ask a silent client for a sign of life, and end without one", async () => {
    server = await EchoServer.start({}, never);
    const client = await RawClient.open(server.port);
    await client.ping();
    const [connection] = server.http2.connections as Set<Http2Connection>;
    const now = Date.now();
    connection?.sweep(now);
    connection?.sweep(now + 61_000);
    await client.find(({ type, flags }) => type === PING && flags === 0);
    assert.equal(connection?.destroyed, false);
    connection?.sweep(now + 80_000);
    assert.equal(connection?.destroyed, false);
    connection?.sweep(now + 82_000);
    await client.closed();
    await until(() => server.http2.connections.size === 0);
  });

  it("ask before they end, also when nobody swept for long", async () => {
    server = await EchoServer.start({}, never);
    const client = await RawClient.open(server.port);
    await client.ping();
    const [connection] = server.http2.connections as unknown as [Http2Connection];
    const now = Date.now();
    connection.sweep(now);
    connection.sweep(now + 3_600_000);
    const probe = await client.find(({ type, flags }) => type === PING && flags === 0);
    client.send(PING, Flag.ACK, 0, probe.payload);
    await client.ping();
    connection.sweep(now + 3_630_000);
    assert.equal(connection.destroyed, false);
    client.close();
  });

  it("are a bucket that time fills", () => {
    const limiter = new RateLimiter({ burst: 2, perSecond: 10 }, 0);
    const at = (ms: number) => limiter.take(() => ms);
    assert.deepEqual(
      [at(0), at(0), at(0), at(50), at(100), at(100), at(10_000), at(10_000), at(10_000)],
      [true, true, false, false, true, false, true, true, false],
    );
  });
});

describe("the end of an HTTP/2 connection", () => {
  let server: EchoServer;
  let client: RawClient;
  let streams: Http2Stream[];

  beforeEach(async () => {
    server = await EchoServer.start({}, () => {});
    client = await RawClient.open(server.port);
    streams = server.streams;
  });
  afterEach(() => server.stop());

  const goaways = () =>
    client.frames.filter(({ type }) => type === FrameType.GOAWAY).map(({ payload }) => payload.readUInt32BE());
  const connection = () => [...server.http2.connections][0] as Http2Connection;

  it("comes in two steps: requests between them are served, those after are not", async () => {
    client.headers(1, POST, END_HEADERS);
    await client.ping();
    let isClosed = false;
    connection().close(() => {
      isClosed = true;
    });
    const probe = await client.find(({ type, flags }) => type === PING && flags === 0);
    assert.deepEqual(goaways(), [0x7fff_ffff]);
    client.headers(3, POST, END_HEADERS);
    client.send(PING, Flag.ACK, 0, probe.payload);
    await client.until(() => goaways().length === 2);
    assert.deepEqual(goaways(), [0x7fff_ffff, 3]);
    client.headers(5, GET);
    await client.ping();
    assert.deepEqual(
      streams.map(({ id }) => id),
      [1, 3],
    );
    for (const stream of streams) stream.respond({ ":status": 200 }, { endStream: true });
    await client.closed();
    assert.deepEqual([await client.status(1), await client.status(3)], ["200", "200"]);
    await until(() => isClosed);
  });

  it("does not wait for a client that does not answer", async () => {
    connection().close();
    await client.closed();
    assert.equal(goaways().length, 2);
  });

  it("aborts streams when it comes at once", async () => {
    client.headers(1, POST, END_HEADERS);
    await client.ping();
    const aborted = new Promise((resolve) => streams[0]?.once("aborted", resolve));
    connection().destroy(ErrorCode.CANCEL);
    await aborted;
    assert.equal(await client.goawayCode(), ErrorCode.CANCEL);
    assert.equal(streams[0]?.rstCode, ErrorCode.CANCEL);
  });

  it("aborts streams when the client is gone", async () => {
    client.headers(1, POST, END_HEADERS);
    await client.ping();
    const closed = new Promise((resolve) => streams[0]?.once("close", resolve));
    client.close();
    await closed;
    assert.equal(streams[0]?.aborted, true);
  });
});
