import assert from "node:assert/strict";
import { Arena } from "./arena.ts";

describe("Arena", () => {
  it("gives buffers that overlap with nothing", () => {
    const arena = new Arena();
    const buffers = Array.from({ length: 1000 }, (_, index) => arena.allocate((index * 37) % 5000).fill(index & 0xff));
    for (const [index, buffer] of buffers.entries()) {
      assert.equal(buffer.length, (index * 37) % 5000);
      assert.ok(buffer.every((octet) => octet === (index & 0xff)));
    }
  });

  it("shares its slabs with nobody else", () => {
    const kept = new Arena().allocate(100);
    const others = Array.from({ length: 100 }, () => Buffer.allocUnsafe(100).buffer);
    assert.ok(others.every((buffer) => buffer !== kept.buffer));
  });
});
