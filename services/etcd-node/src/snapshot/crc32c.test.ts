import assert from "node:assert/strict";
import { crc32c } from "./crc32c.ts";

describe("CRC-32C", () => {
  it("has the value that RFC 3720 and others print", () => {
    assert.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa);
    assert.equal(crc32c(Buffer.from("123456789")), 0xe3069283);
  });

  it("is the same wherever a text is cut", () => {
    const text = Buffer.from(Array.from({ length: 100 }, (_, index) => (index * 37) & 0xff));
    const whole = crc32c(text);
    for (let at = 0; at <= text.length; at++)
      assert.equal(crc32c(text.subarray(at), crc32c(text.subarray(0, at))), whole, String(at));
  });

  it("goes on where it was left", () => {
    assert.equal(crc32c(Buffer.from("6789"), crc32c(Buffer.from("12345"))), 0xe3069283);
  });
});
