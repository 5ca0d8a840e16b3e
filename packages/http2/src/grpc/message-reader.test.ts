import assert from "node:assert/strict";
import { createPrng } from "@drydock/base";
import { frameMessage } from "../grpc-prefix.ts";
import { MessageReader } from "./message-reader.ts";

describe("MessageReader", () => {
  for (const isLasting of [true, false])
    it(`finds the messages however the octets are cut, where chunks ${isLasting ? "last" : "are overwritten"}`, () => {
      const prng = createPrng(11);
      const sizes = [0, 1, 4, 5, 6, 100, 16_384, 262_138, 262_139, 300_000, 1_200_000];
      const messages = Array.from({ length: 60 }, (_, index) =>
        Buffer.alloc(sizes[prng.integer(sizes.length)] as number, `${index}.`),
      );
      const all = Buffer.concat(messages.map(frameMessage));
      const found: Buffer[] = [];
      const reader = new MessageReader(2_000_000, (message) => found.push(message));
      for (let at = 0; at < all.length; ) {
        const longest = prng.next() < 0.3 ? 8 : 50_000;
        const chunk = Buffer.from(all.subarray(at, at + 1 + prng.integer(longest)));
        assert.equal(reader.read(chunk, isLasting), undefined);
        at += chunk.length;
        if (!isLasting) chunk.fill(0xee);
      }
      assert.equal(reader.isMidMessage, false);
      assert.equal(found.length, messages.length);
      for (const [index, message] of messages.entries()) assert.ok(message.equals(found[index] as Buffer), `${index}`);
    });

  it("refuses what is compressed or too long as soon as the prefix is there, in whatever pieces", () => {
    const cases = [
      { prefix: [1, 0, 0, 0, 3], problem: "a message is compressed, which was not agreed on" },
      { prefix: [0, 0, 1, 0, 1], problem: "a message of 65537 octets" },
    ];
    for (const { prefix, problem } of cases)
      for (const first of [1, 3, 5]) {
        const reader = new MessageReader(65_536, () => assert.fail("no message"));
        const octets = Buffer.from(prefix);
        const before = first < 5 ? reader.read(octets.subarray(0, first), false) : undefined;
        assert.equal(before, undefined);
        assert.equal(reader.read(octets.subarray(first < 5 ? first : 0), false), problem);
      }
  });

  it("lays by little for a message that only promises to be long", () => {
    const reader = new MessageReader(2 ** 31, () => assert.fail("no message"));
    const before = process.memoryUsage().arrayBuffers;
    assert.equal(reader.read(Buffer.from([0, 0x7f, 0xff, 0xff, 0xff, 1]), false), undefined);
    assert.ok(reader.isMidMessage);
    assert.ok(process.memoryUsage().arrayBuffers - before < 2 ** 20);
  });
});
