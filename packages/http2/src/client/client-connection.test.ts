import assert from "node:assert/strict";
import { once } from "node:events";
import { ErrorCode } from "../error-code.ts";
import { Flag, FrameType, readUint32 } from "../frame.ts";
import type { HeaderField } from "../hpack/static-table.ts";
import { setting } from "../testing/malformed-inputs.ts";
import { POST } from "../testing/raw-client.ts";
import { RawServer } from "../testing/raw-server.ts";
import type { ClientConnection, ClientOptions } from "./client-connection.ts";
import type { StreamEnd } from "./client-stream.ts";

const { DATA, HEADERS, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION } = FrameType;
const { END_HEADERS, END_STREAM, ACK, PADDED } = Flag;
const OK: readonly HeaderField[] = [[":status", "200"]];

describe("an HTTP/2 client's connection", () => {
  let server: RawServer;
  let client: ClientConnection;

  async function start(options: ClientOptions = {}): Promise<void> {
    ({ server, client } = await RawServer.start(options));
  }
  afterEach(() => {
    client.destroy();
    server.stop();
  });

  function ask(body = "", isRead = true) {
    const ended = Promise.withResolvers<StreamEnd>();
    const heads: (readonly HeaderField[])[] = [];
    const data: Buffer[] = [];
    const stream = client.open(POST, {
      onHead: (head) => heads.push(head),
      onData(chunk) {
        data.push(chunk);
        if (isRead) stream.consumed(chunk.length);
      },
      onEnd: ended.resolve,
    });
    stream.write(Buffer.from(body), true);
    return { stream, heads, data, ended: ended.promise };
  }
  const asked = (id: number) => server.find(({ type, streamId }) => type === HEADERS && streamId === id);

  const costly: readonly (readonly [what: string, code: keyof typeof ErrorCode, send: () => void])[] = [
    ["a frame that is too long", "FRAME_SIZE_ERROR", () => server.send(DATA, 0, 1, Buffer.alloc(16_385))],
    ["a head that does not decode", "COMPRESSION_ERROR", () => server.send(HEADERS, END_HEADERS, 1, Buffer.of(0xff))],
    ["DATA for a stream that never was", "PROTOCOL_ERROR", () => server.send(DATA, 0, 3, Buffer.of(1))],
    ["an answer to nothing", "PROTOCOL_ERROR", () => server.headers(5, OK)],
    ["a stream of its own", "PROTOCOL_ERROR", () => server.headers(2, OK)],
    ["DATA on stream 0", "PROTOCOL_ERROR", () => server.send(DATA, 0, 0, Buffer.of(1))],
    ["a push", "PROTOCOL_ERROR", () => server.send(PUSH_PROMISE, END_HEADERS, 1, Buffer.alloc(4))],
    ["SETTINGS of five octets", "FRAME_SIZE_ERROR", () => server.send(SETTINGS, 0, 0, Buffer.alloc(5))],
    ["a frame size of nothing", "PROTOCOL_ERROR", () => server.send(SETTINGS, 0, 0, setting(5, 0))],
    ["an initial window too large", "FLOW_CONTROL_ERROR", () => server.send(SETTINGS, 0, 0, setting(4, 0x8000_0000))],
    ["a window that overflows", "FLOW_CONTROL_ERROR", () => server.sendWord(WINDOW_UPDATE, 0, 0x7fff_ffff)],
    ["a PING of seven octets", "FRAME_SIZE_ERROR", () => server.send(PING, 0, 0, Buffer.alloc(7))],
    ["a GOAWAY of seven octets", "FRAME_SIZE_ERROR", () => server.send(GOAWAY, 0, 0, Buffer.alloc(7))],
    ["CONTINUATION of nothing", "PROTOCOL_ERROR", () => server.send(CONTINUATION, END_HEADERS, 1)],
    ["more padding than frame", "PROTOCOL_ERROR", () => server.send(DATA, PADDED, 1, Buffer.of(9, 1))],
    [
      "a head that is interrupted",
      "PROTOCOL_ERROR",
      () => {
        server.headers(1, OK, 0);
        server.send(PING, 0, 0, Buffer.alloc(8));
      },
    ],
    [
      "a head without end",
      "ENHANCE_YOUR_CALM",
      () => {
        server.headers(1, OK, 0);
        for (let frames = 0; frames < 100; frames++) server.send(CONTINUATION, 0, 1, Buffer.of(0x88));
      },
    ],
    [
      "a flood of what carries nothing",
      "ENHANCE_YOUR_CALM",
      () => {
        for (let frames = 0; frames < 3000; frames++) server.send(PING, ACK, 0, Buffer.alloc(8));
      },
    ],
    [
      "more than the connection's window",
      "FLOW_CONTROL_ERROR",
      () => {
        server.headers(1, OK);
        for (let frames = 0; frames < 5; frames++) server.send(DATA, 0, 1, Buffer.alloc(16_384));
      },
    ],
  ];
  for (const [what, code, send] of costly)
    it(`ends with ${code} at ${what}, and its calls with it`, async () => {
      const idleFrames = { burst: 1000, perSecond: 0 };
      await start({ limits: { connectionWindow: 65_535, idleFrames } });
      const { ended } = ask("", false);
      await asked(1);
      const closed = once(client, "close");
      send();
      assert.equal((await ended).is, "lost");
      await closed;
      const goaway = await server.find(({ type }) => type === GOAWAY);
      assert.equal(readUint32(goaway.payload, 4), ErrorCode[code]);
    });

  const cheap: readonly (readonly [what: string, code: keyof typeof ErrorCode, send: () => void])[] = [
    ["a head without :status", "PROTOCOL_ERROR", () => server.headers(1, [["x-a", "b"]])],
    ["a head with a request's fields", "PROTOCOL_ERROR", () => server.headers(1, [...OK, [":path", "/"]])],
    ["a name in upper case", "PROTOCOL_ERROR", () => server.headers(1, [...OK, ["X-A", "b"]])],
    ["DATA before the head", "PROTOCOL_ERROR", () => server.send(DATA, 0, 1, Buffer.of(1))],
    ["a window update of nothing", "PROTOCOL_ERROR", () => server.sendWord(WINDOW_UPDATE, 1, 0)],
    ["a head too large", "ENHANCE_YOUR_CALM", () => server.headers(1, [...OK, ["x-a", "b".repeat(2000)]])],
    [
      "trailers that do not end the stream",
      "PROTOCOL_ERROR",
      () => {
        server.headers(1, OK);
        server.headers(1, [["x-a", "b"]]);
      },
    ],
    [
      "more than the stream's window",
      "FLOW_CONTROL_ERROR",
      () => {
        server.headers(1, OK);
        server.send(DATA, 0, 1, Buffer.alloc(3000));
      },
    ],
  ];
  for (const [what, code, send] of cheap)
    it(`resets a stream with ${code} at ${what}, and serves the others`, async () => {
      await start({ limits: { headerListSizeMax: 1000, streamWindow: 2000 } });
      const { ended } = ask();
      const other = ask();
      await asked(3);
      send();
      const end = await ended;
      assert.ok(end.is === "reset" && end.by === "us" && end.code === ErrorCode[code], JSON.stringify(end));
      const reset = await server.find(({ type, streamId }) => type === RST_STREAM && streamId === 1);
      assert.equal(readUint32(reset.payload, 0), ErrorCode[code]);
      server.send(DATA, 0, 1, Buffer.alloc(100));
      server.headers(3, OK, END_HEADERS | END_STREAM);
      assert.equal((await other.ended).is, "ended");
    });

  it("leaves out interim answers, padding and what it does not know", async () => {
    await start();
    const { ended, heads, data } = ask();
    await asked(1);
    server.headers(1, [[":status", "103"]]);
    server.send(0x42, 0xff, 1, Buffer.from("unknown"));
    server.headers(1, OK);
    server.send(DATA, PADDED, 1, Buffer.from([3, ...Buffer.from("body"), 0, 0, 0]));
    server.headers(1, [["x-a", "b"]], END_HEADERS | END_STREAM);
    assert.deepEqual(await ended, { is: "ended", trailers: [["x-a", "b"]] });
    assert.deepEqual(heads, [OK]);
    assert.equal(String(data), "body");
  });

  it("answers pings, at once and with their octets", async () => {
    await start();
    server.send(PING, 0, 0, Buffer.from("in octet"));
    const answer = await server.find(({ type, flags }) => type === PING && flags === ACK);
    assert.equal(String(answer.payload), "in octet");
  });

  it("hangs up on a server that shows no sign of life", async () => {
    await start({ limits: { keepAliveMs: 30, keepAliveTimeoutMs: 30, keepsIdleAlive: true } });
    assert.deepEqual(await ask().ended, { is: "lost", reason: "no sign of life" });
  });

  it("does not hang up on a server that shows one", async () => {
    await start({ limits: { keepAliveMs: 10, keepAliveTimeoutMs: 400, keepsIdleAlive: true } });
    for (let round = 1; round <= 2; round++) {
      await server.find(() => server.frames.filter(({ type, flags }) => type === PING && flags === 0).length === round);
      server.send(PING, ACK, 0, server.frames.at(-1)?.payload);
    }
    assert.ok(client.isOpen);
  });

  it("tells at a GOAWAY what was not looked at, finishes the rest and ends", async () => {
    await start();
    const first = ask();
    const second = ask();
    await asked(3);
    server.send(GOAWAY, 0, 0, Buffer.from([0, 0, 0, 1, 0, 0, 0, 0]));
    assert.equal((await second.ended).is, "unprocessed");
    assert.equal(client.isOpen, false);
    assert.equal((await ask().ended).is, "unprocessed");
    const closed = once(client, "close");
    server.headers(1, OK, END_HEADERS | END_STREAM);
    assert.equal((await first.ended).is, "ended");
    await closed;
  });

  it("ends its streams as lost when the server dies in the middle of a frame", async () => {
    await start();
    const { ended } = ask();
    await asked(1);
    server.headers(1, OK);
    server.write(Buffer.from([0, 0, 100, DATA, 0, 0, 0, 0, 1, 1, 2, 3]));
    server.hangUp();
    assert.equal((await ended).is, "lost");
  });

  it("tells of a refused stream that asking again is safe", async () => {
    await start();
    const { ended } = ask();
    await asked(1);
    server.sendWord(RST_STREAM, 1, ErrorCode.REFUSED_STREAM);
    assert.equal((await ended).is, "unprocessed");
  });

  it("sends no more than both windows allow, however they change", async () => {
    await start();
    server.send(SETTINGS, 0, 0, setting(4, 10));
    await server.find(({ type, flags }) => type === SETTINGS && flags === ACK);
    await server.find(() => server.frames.filter(({ type, flags }) => type === SETTINGS && flags === ACK).length === 2);
    ask("0123456789abcdefghij");
    const sent = () => Buffer.concat(server.frames.filter(({ type }) => type === DATA).map(({ payload }) => payload));
    await server.find(() => sent().length >= 10);
    assert.equal(String(sent()), "0123456789");
    server.send(SETTINGS, 0, 0, setting(4, 4));
    server.sendWord(WINDOW_UPDATE, 1, 9);
    await server.find(() => sent().length >= 13);
    assert.equal(String(sent()), "0123456789abc");
    server.sendWord(WINDOW_UPDATE, 1, 100);
    await server.find(({ type, flags }) => type === DATA && flags === END_STREAM);
    assert.equal(String(sent()), "0123456789abcdefghij");
  });
});
