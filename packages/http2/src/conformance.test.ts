import assert from "node:assert/strict";
import { ErrorCode } from "./error-code.ts";
import { encodeFrame, Flag, FrameType, PREFACE } from "./frame.ts";
import type { HeaderField } from "./hpack/static-table.ts";
import { MALFORMED_INPUTS, openPost, request, setting } from "./testing/malformed-inputs.ts";
import { EchoServer, GET, RawClient } from "./testing/raw-client.ts";

const { DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PING, WINDOW_UPDATE, CONTINUATION } = FrameType;
const { END_HEADERS, END_STREAM, PADDED } = Flag;

describe("HTTP/2 conformance", () => {
  let server: EchoServer;

  before(async () => {
    server = await EchoServer.start(
      { concurrentStreamsMax: 4, streamWindow: 65_535, headerListSizeMax: 12_000 },
      (stream) => {
        // Answers when the request is over; a request that asks for it waits for ever.
        stream.on("end", () => {
          if (!isWaiting) stream.respond({ ":status": 200 }, { endStream: true });
        });
        stream.on("data", () => {});
        if (!isReadingHeld) stream.resume();
      },
    );
  });
  after(() => server.stop());

  let isWaiting = false;
  let isReadingHeld = false;

  for (const [section, what, send, code, streamId] of MALFORMED_INPUTS)
    it(`${section}: ${what} costs ${streamId === undefined ? "the connection" : "the stream"}`, async () => {
      isWaiting = what.includes("half-closed");
      isReadingHeld = what.includes("stream's window");
      const client = section === "5.4.1" ? await RawClient.connect(server.port) : await RawClient.open(server.port);
      if (section === "5.4.1") client.write(Buffer.concat([PREFACE, encodeFrame(PING, 0, 0, Buffer.alloc(8))]));
      await send(client);
      if (streamId === undefined) assert.equal(await client.goawayCode(), ErrorCode[code]);
      else {
        assert.equal(await client.resetCode(streamId), ErrorCode[code]);
        await client.ping();
      }
      client.close();
    });

  it("3.4: what is not the preface ends the connection", async () => {
    const client = await RawClient.connect(server.port);
    client.write(Buffer.from("GET / HTTP/1.1\r\nhost: test\r\n\r\n"));
    assert.equal(await client.goawayCode(), ErrorCode.PROTOCOL_ERROR);
  });

  it("answers a request whose block is cut into frames and octets, padded and with priority", async () => {
    isWaiting = false;
    const client = await RawClient.open(server.port);
    const block = client.encoder.encodeFields(GET);
    const first = Buffer.concat([Buffer.from([3]), Buffer.alloc(5), block.subarray(0, 2), Buffer.alloc(3)]);
    const frames = Buffer.concat([
      encodeFrame(HEADERS, END_STREAM | PADDED | Flag.PRIORITY, 1, first),
      encodeFrame(CONTINUATION, 0, 1, Buffer.alloc(0)),
      encodeFrame(CONTINUATION, END_HEADERS, 1, block.subarray(2)),
    ]);
    for (const octet of frames) {
      client.write(Buffer.from([octet]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(await client.status(1), "200");
    client.close();
  });

  it("passes over what it does not know: frames, settings, flags, priorities, and frames of streams it has reset", async () => {
    const client = await RawClient.open(server.port);
    client.send(0x16, 0xff, 3, Buffer.alloc(100));
    client.send(SETTINGS, 0, 0, setting(0x99, 5));
    client.send(PRIORITY, 0, 9, Buffer.alloc(5));
    openPost(client, 1);
    client.headers(3, request(["te", "gzip"]), END_HEADERS);
    assert.equal(await client.resetCode(3), ErrorCode.PROTOCOL_ERROR);
    client.send(DATA, 0, 3, Buffer.alloc(1000));
    client.sendWord(WINDOW_UPDATE, 3, 10);
    client.headers(3, [["x", "1"]]);
    client.sendWord(RST_STREAM, 3, 8);
    client.send(DATA, END_STREAM | PADDED, 1, Buffer.from([2, 65, 0, 0]));
    assert.equal(await client.status(1), "200");
    await client.ping();
    const resets = client.frames.filter(({ type, streamId }) => type === RST_STREAM && streamId === 3);
    assert.equal(resets.length, 1);
    client.close();
  });

  it("answers a header list that is too large with 431, and CONNECT with 405", async () => {
    isWaiting = false;
    isReadingHeld = false;
    const client = await RawClient.open(server.port);
    const large = Array.from({ length: 10 }, (_, index): HeaderField => [`x-${index}`, "v".repeat(1500)]);
    client.headers(1, request(...large));
    assert.equal(await client.status(1), "431");
    client.headers(3, [
      [":method", "CONNECT"],
      [":authority", "test:1"],
    ]);
    assert.equal(await client.status(3), "405");
    client.headers(5, GET);
    assert.equal(await client.status(5), "200");
    client.close();
  });
});
