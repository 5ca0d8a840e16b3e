import assert from "node:assert/strict";
import { once } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import type { Http2Connection, Http2Stream } from "./connection.ts";
import { ErrorCode } from "./error-code.ts";
import { Flag, FrameType } from "./frame.ts";
import { EchoServer, GET, POST, RawClient } from "./testing/raw-client.ts";

const { DATA, SETTINGS, WINDOW_UPDATE, PING } = FrameType;
const { END_HEADERS, END_STREAM } = Flag;

const patterned = (length: number) =>
  Buffer.from(Array.from({ length }, (_, index) => (index * 7 + (index >> 8)) & 0xff));

function initialWindow(octets: number): Buffer {
  const payload = Buffer.alloc(6);
  payload[1] = 4;
  payload.writeUInt32BE(octets, 2);
  return payload;
}

describe("HTTP/2 flow control", () => {
  let server: EchoServer;
  let client: RawClient;

  async function start(
    settings: Buffer,
    limits: Parameters<typeof EchoServer.start>[0] = {},
    onStream?: (stream: Http2Stream) => void,
  ): Promise<void> {
    server = await EchoServer.start(limits, onStream);
    client = await RawClient.open(server.port, settings);
  }
  afterEach(async () => {
    client.close();
    await server.stop();
  });

  const answerWith = (body: Buffer) => (stream: Http2Stream) => {
    stream.respond({ ":status": 200 });
    stream.end(body);
  };

  it("sends to the octet what the stream's window allows", async () => {
    const body = patterned(1000);
    await start(initialWindow(0), {}, answerWith(body));
    client.headers(1, GET);
    await client.status(1);
    let allowed = 0;
    for (const octets of [1, 2, 30, 0, 500, 467]) {
      if (octets > 0) client.sendWord(WINDOW_UPDATE, 1, octets);
      allowed += octets;
      await client.until(() => client.body(1).length >= allowed);
      await client.ping();
      assert.equal(client.body(1).length, allowed);
    }
    await client.until(() => client.hasEnded(1));
    assert.ok(client.body(1).equals(body));
  });

  it("sends to the octet what the connection's window allows, streams in turn", async () => {
    const body = patterned(150_000);
    await start(initialWindow(1 << 20), {}, answerWith(body));
    client.headers(1, GET);
    client.headers(3, GET);
    let allowed = 65_535;
    const received = () => client.body(1).length + client.body(3).length;
    await client.until(() => received() >= allowed);
    for (const octets of [1, 100_000, 100_000, 34_464]) {
      await client.ping();
      assert.equal(received(), allowed);
      client.sendWord(WINDOW_UPDATE, 0, octets);
      allowed += octets;
      await client.until(() => received() >= allowed);
    }
    await client.until(() => client.hasEnded(1) && client.hasEnded(3));
    assert.ok(client.body(1).equals(body) && client.body(3).equals(body));
    const turns = client.frames.filter(({ type }) => type === DATA).map(({ streamId }) => streamId);
    assert.ok(turns.lastIndexOf(1) > turns.indexOf(3) && turns.lastIndexOf(3) > turns.indexOf(1));
  });

  it("follows settings that shrink and widen the windows of open streams", async () => {
    const body = patterned(300);
    await start(initialWindow(100), {}, answerWith(body));
    client.headers(1, GET);
    await client.until(() => client.body(1).length === 100);
    client.send(SETTINGS, 0, 0, initialWindow(50));
    client.sendWord(WINDOW_UPDATE, 1, 50);
    await client.ping();
    assert.equal(client.body(1).length, 100);
    client.sendWord(WINDOW_UPDATE, 1, 1);
    await client.until(() => client.body(1).length === 101);
    client.send(SETTINGS, 0, 0, initialWindow(1000));
    await client.until(() => client.hasEnded(1));
    assert.ok(client.body(1).equals(body));
  });

  it("sends no frame larger than the peer takes, and larger ones to a peer that takes them", async () => {
    const body = patterned(60_000);
    await start(initialWindow(1 << 20), {}, answerWith(body));
    client.headers(1, GET);
    await client.until(() => client.hasEnded(1));
    const sizes = () => client.frames.filter(({ type }) => type === DATA).map(({ payload }) => payload.length);
    assert.ok(Math.max(...sizes()) <= 16_384);
    assert.ok(client.body(1).equals(body));
  });

  it("asks for more only when somebody reads", async () => {
    await start(Buffer.alloc(0), { streamWindow: 1000 }, (stream) => {
      stream.on("data", () => {});
      stream.on("end", () => stream.respond({ ":status": 200 }, { endStream: true }));
    });
    client.headers(1, POST, END_HEADERS);
    client.send(DATA, 0, 1, Buffer.alloc(1000));
    await client.ping();
    assert.equal(client.windowUpdates(1), 0);
    server.streams[0]?.resume();
    await client.until(() => client.windowUpdates(1) === 1000);
    client.send(DATA, END_STREAM, 1, Buffer.alloc(1000));
    assert.equal(await client.status(1), "200");
  });

  it("ends a connection whose streams together send more than its window", async () => {
    await start(Buffer.alloc(0), { connectionWindow: 65_535 }, () => {});
    client.headers(1, POST, END_HEADERS);
    client.headers(3, POST, END_HEADERS);
    for (const id of [1, 3, 1, 3]) client.send(DATA, 0, id, Buffer.alloc(16_383));
    await client.ping();
    client.send(DATA, 0, 1, Buffer.alloc(4));
    assert.equal(await client.goawayCode(), ErrorCode.FLOW_CONTROL_ERROR);
  });

  it("gives the connection back what a stream that was closed had not read", async () => {
    await start(Buffer.alloc(0), { connectionWindow: 65_535, streamWindow: 65_535 }, () => {});
    for (let id = 1; id <= 9; id += 2) {
      client.headers(id, POST, END_HEADERS);
      client.send(DATA, 0, id, Buffer.alloc(16_000));
      client.send(DATA, 0, id, Buffer.alloc(16_000));
      await client.ping();
      client.sendWord(FrameType.RST_STREAM, id, 8);
    }
    await client.ping();
    assert.ok(client.windowUpdates(0) >= 65_535);
  });

  it("tells a writer to wait, and when to go on", async () => {
    let written = 0;
    await start(initialWindow(1000), {}, (stream) => {
      stream.respond({ ":status": 200 });
      assert.equal(stream.write(patterned(1000)), true);
      assert.equal(
        stream.write(patterned(100_000), () => written++),
        false,
      );
    });
    client.headers(1, GET);
    await client.until(() => client.body(1).length === 1000);
    const stream = server.streams[0] as Http2Stream;
    assert.equal(written, 0);
    const drained = once(stream, "drain");
    client.sendWord(WINDOW_UPDATE, 0, 1 << 20);
    client.sendWord(WINDOW_UPDATE, 1, 1 << 20);
    await drained;
    assert.equal(written, 1);
    assert.equal(stream.write(patterned(10)), true);
  });

  it("tells a writer whose stream is gone", async () => {
    await start(initialWindow(0), {}, (stream) => stream.respond({ ":status": 200 }));
    client.headers(1, GET);
    await client.status(1);
    const stream = server.streams[0] as Http2Stream;
    const failed = new Promise<unknown>((resolve) => stream.write(Buffer.from("x"), resolve));
    client.sendWord(FrameType.RST_STREAM, 1, 8);
    assert.match(String(await failed), /closed/);
    const late = new Promise<unknown>((resolve) => stream.write(Buffer.from("x"), resolve));
    assert.match(String(await late), /closed/);
    assert.equal(stream.rstCode, 8);
  });

  it("stops reading of a client that does not read, and holds little for it", async () => {
    const body = patterned(60_000);
    await start(initialWindow(1 << 30), {}, answerWith(body));
    client.sendWord(WINDOW_UPDATE, 0, 1 << 30);
    await client.ping();
    client.socket.pause();
    for (let id = 1; id < 400; id += 2) client.headers(id, GET);
    for (let round = 0; round < 2000; round++) client.send(PING, 0, 0, Buffer.alloc(8));
    const [{ output }] = server.http2.connections as unknown as [Http2Connection];
    while (server.streams.length < 200 || client.socket.writableLength > 0 || !output.isBlocked) await turn();
    assert.ok(output.waitingOctets < 4 << 20);
    client.socket.resume();
    await client.until(() => client.hasEnded(399));
    await client.ping();
  }).timeout(30_000);
});
