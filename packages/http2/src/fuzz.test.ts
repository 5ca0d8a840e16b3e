import assert from "node:assert/strict";
import { createPrng, type Prng } from "@drydock/base";
import { encodeFrame, Flag, FrameType, PREFACE } from "./frame.ts";
import { HpackEncoder } from "./hpack/encoder.ts";
import { EchoServer, echo, GET, POST, RawClient } from "./testing/raw-client.ts";

const CONVERSATIONS = 150;
const FRAMES = 60;

/** DRYDOCK_TEST_SEED=n replays a conversation that went wrong. */
const firstSeed = Number(process.env["DRYDOCK_TEST_SEED"] ?? "1");

describe("HTTP/2 under arbitrary input", () => {
  let server: EchoServer;

  before(async () => {
    server = await EchoServer.start({ concurrentStreamsMax: 20, resets: { burst: 1e9, perSecond: 0 } }, (stream) => {
      // Some read, some do not, some answer at once.
      if (stream.id % 7 === 1) return;
      if (stream.id % 5 === 0) stream.respond({ ":status": 204 }, { endStream: true });
      else echo(stream);
    });
  });
  after(() => server.stop());

  it("throws nothing, keeps its limits and serves the next client", async () => {
    const count = process.env["DRYDOCK_TEST_SEED"] ? 1 : CONVERSATIONS;
    for (let seed = firstSeed; seed < firstSeed + count; seed++) {
      const octets = conversation(createPrng(seed));
      const client = await RawClient.connect(server.port);
      await sendInPieces(client, octets, createPrng(seed));
      for (const { streams, output } of server.http2.connections) {
        assert.ok(streams.size <= 20, `seed ${seed}: ${streams.size} streams`);
        assert.ok(output.waitingOctets < 2 << 20, `seed ${seed}: ${output.waitingOctets} octets wait`);
      }
      client.close();
    }
    const client = await RawClient.open(server.port);
    client.headers(3, GET);
    assert.equal(await client.status(3), "200");
    client.close();
  }).timeout(60_000);
});

/** Mostly well-formed frames in a mostly sensible order, so that it gets somewhere; then some octets are changed. */
function conversation(prng: Prng): Buffer {
  const encoder = new HpackEncoder(4096, ["x-fuzz"]);
  let nextId = 1;
  const frames = Array.from({ length: FRAMES }, () => {
    const isNew = prng.integer(3) === 0;
    const id = isNew ? nextId : Math.max(0, nextId - 2 * prng.integer(5));
    if (isNew) nextId += 2 * (1 + prng.integer(2));
    return isNew ? openingFrame(prng, encoder, id) : arbitraryFrame(prng, encoder, id);
  });
  const all = Buffer.concat([PREFACE, encodeFrame(FrameType.SETTINGS, 0, 0, Buffer.alloc(0)), ...frames]);
  const changes = prng.integer(4);
  for (let change = 0; change < changes; change++) all[33 + prng.integer(all.length - 33)] = prng.integer(256);
  return all;
}

function openingFrame(prng: Prng, encoder: HpackEncoder, id: number): Buffer {
  const fields = encoder.encodeFields([...POST, ["x-fuzz", "v".repeat(prng.integer(60))]]);
  const flags = prng.integer(8) === 0 ? 0 : Flag.END_HEADERS | (prng.integer(2) ? Flag.END_STREAM : 0);
  return encodeFrame(FrameType.HEADERS, flags, id, fields);
}

function arbitraryFrame(prng: Prng, encoder: HpackEncoder, id: number): Buffer {
  const type = prng.integer(12);
  if (type === FrameType.HEADERS) return encodeFrame(type, prng.integer(64), id, encoder.encodeFields(GET));
  if (type === FrameType.CONTINUATION && prng.integer(4) > 0) return Buffer.alloc(0);
  const sizes = [prng.integer(2000), 5, 5, 4, 6 * prng.integer(4), 4, 8, 8, 4, prng.integer(20), prng.integer(50), 0];
  const payload = Buffer.from(Array.from({ length: sizes[type] as number }, () => prng.integer(256)));
  const isOfConnection = type === FrameType.SETTINGS || type === FrameType.PING || type === FrameType.GOAWAY;
  if (type === FrameType.WINDOW_UPDATE) payload.writeUInt32BE(1 + prng.integer(1 << 20));
  if (type === FrameType.SETTINGS) return encodeFrame(type, 0, 0, sensibleSettings(prng));
  return encodeFrame(type, prng.integer(4), isOfConnection ? 0 : id, payload);
}

function sensibleSettings(prng: Prng): Buffer {
  const payload = Buffer.alloc(6);
  const [id, limit] = prng.integer(2) ? [4, 100_000] : [1, 8192];
  payload.writeUInt16BE(id as number);
  payload.writeUInt32BE(prng.integer(limit as number), 2);
  return payload;
}

async function sendInPieces(client: RawClient, octets: Buffer, prng: Prng): Promise<void> {
  for (let at = 0; at < octets.length && !client.isClosed; ) {
    const size = 1 + prng.integer(prng.integer(4) ? 5000 : 20);
    client.write(octets.subarray(at, at + size));
    at += size;
    if (prng.integer(3) === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await new Promise((resolve) => setTimeout(resolve, 2));
}
