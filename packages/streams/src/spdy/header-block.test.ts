import assert from "node:assert/strict";
import { constants, createDeflate, inflateSync } from "node:zlib";
import { HeaderReader, HeaderWriter, spdyDictionary } from "./header-block.ts";

/** As a client writes them: one zlib stream with the dictionary, flushed after each block. */
async function compress(blocks: readonly Buffer[]): Promise<Buffer[]> {
  const deflate = createDeflate({ dictionary: spdyDictionary });
  const compressed: Buffer[] = [];
  for (const block of blocks) {
    deflate.write(block);
    await new Promise<void>((resolve) => deflate.flush(constants.Z_SYNC_FLUSH, resolve));
    compressed.push((deflate.read() as Buffer | null) ?? Buffer.alloc(0));
  }
  deflate.destroy();
  return compressed;
}

function plainBlock(headers: Record<string, string>): Buffer {
  // A writer's block is its plain text behind seven bytes and before five.
  return new HeaderWriter().write(headers).subarray(7, -5);
}

describe("SPDY header blocks", () => {
  it("know the dictionary by its checksum", () => {
    let [a, b] = [1, 0];
    for (const byte of spdyDictionary) {
      a = (a + byte) % 65_521;
      b = (b + a) % 65_521;
    }
    assert.equal(((b * 65_536 + a) >>> 0).toString(16), "e3c6a7c2");
  });

  it("are read one after another, each with what came before as its context", async () => {
    const headers: Record<string, string>[] = [
      { streamtype: "error", port: "80", requestid: "0" },
      { streamtype: "data", port: "80", requestid: "0" },
      { "content-type": "text/plain" },
      {},
    ];
    const reader = new HeaderReader();
    for (const [index, block] of (await compress(headers.map(plainBlock))).entries())
      assert.deepEqual({ ...reader.read(block) }, headers[index]);
  });

  it("are written so that any zlib reads them", () => {
    const writer = new HeaderWriter();
    const bytes = Buffer.concat([writer.write({ a: "1" }), writer.write({ "b-c": "" })]);
    const plain = inflateSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH });
    assert.deepEqual(plain, Buffer.concat([plainBlock({ a: "1" }), plainBlock({ "b-c": "" })]));
  });

  it("are refused when they are malformed or inflate to too much", async () => {
    const read = (bytes: Buffer) => new HeaderReader().read(bytes);
    assert.throws(() => read(Buffer.from("nonsense")), /does not begin as zlib does/);
    assert.throws(() => read(Buffer.alloc(0)), /does not begin as zlib does/);
    const truncated = Buffer.from([0, 0, 0, 1, 0, 0, 0, 9, 0x61]);
    const [short, bomb] = await compress([truncated, Buffer.alloc(1_000_000)]);
    assert.throws(() => read(short as Buffer), /ends too early/);
    const reader = new HeaderReader();
    assert.throws(() => reader.read(short as Buffer));
    assert.throws(() => reader.read(bomb as Buffer), /larger than|Cannot create a Buffer/);
  });
});
