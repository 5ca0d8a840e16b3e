import assert from "node:assert/strict";
import { crc32c } from "./crc32c.ts";

describe("CRC-32C", () => {
  it("has the value that RFC 3720 and others print", () => {
    assert.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa);
    assert.equal(crc32c(Buffer.from("123456789")), 0xe3069283);
  });

  it("goes on where it was left", () => {
    assert.equal(crc32c(Buffer.from("6789"), crc32c(Buffer.from("12345"))), 0xe3069283);
  });
});
