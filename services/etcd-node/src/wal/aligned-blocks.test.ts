import assert from "node:assert/strict";
import { createPrng } from "@drydock/base";
import { AlignedBlocks, startOfLastBlock } from "./aligned-blocks.ts";

describe("AlignedBlocks", () => {
  it("make of appended octets whole blocks that leave everything before them as it is", () => {
    const prng = createPrng(7);
    const blocks = new AlignedBlocks();
    let content = Buffer.alloc(5000, "begun before ");
    const file = Buffer.concat([content, Buffer.alloc(3_000_000, 0xff)]);
    blocks.restart(content.subarray(startOfLastBlock(content.length)));
    for (let count = 0; count < 200; count++) {
      const size = prng.integer(prng.next() < 0.1 ? 50_000 : 6000);
      const bytes = Buffer.alloc(size, `${count} `);
      assert.ok(size <= blocks.room.length);
      const isInPlace = prng.next() < 0.5;
      if (isInPlace) bytes.copy(blocks.room);
      const whole = blocks.stage(isInPlace ? blocks.room.subarray(0, size) : bytes);
      const at = startOfLastBlock(content.length);
      assert.deepEqual([at % 4096, whole.length % 4096], [0, 0]);
      whole.copy(file, at);
      // What counts is what is said to be written, at once or later.
      if (prng.next() < 0.2) continue;
      blocks.written(size);
      content = Buffer.concat([content, bytes]);
      assert.ok(file.subarray(0, content.length).equals(content), `after append ${count}`);
      assert.ok(file.subarray(content.length, at + whole.length).every((octet) => octet === 0));
    }
  });
});
