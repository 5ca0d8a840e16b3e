import assert from "node:assert/strict";
import { CorruptBackendError, SEAL_BYTES, seal, sealInPlace, unseal } from "./sealed-record.ts";

describe("sealed records", () => {
  const values = [0, 1, 2, 3, 4, 5, 300].map((length) => Buffer.alloc(length, "some value "));
  const keys = ["", "k", "r0123456789ab"].map((text) => Buffer.from(text));

  it("are the same where they lie as when they are copied", () => {
    for (const key of keys)
      for (const value of values) {
        const sealed = Buffer.concat([Buffer.from("room"), value]);
        sealInPlace(key, sealed);
        assert.deepEqual(sealed, seal(key, value));
        assert.deepEqual(unseal(key, sealed, "db"), value);
      }
  });

  it("tell a changed value, key or seal", () => {
    const [, , key] = keys as [Buffer, Buffer, Buffer];
    const sealed = Buffer.concat([Buffer.alloc(SEAL_BYTES), Buffer.from("value")]);
    sealInPlace(key, sealed);
    for (let at = 0; at < sealed.length; at++) {
      const damaged = Buffer.from(sealed);
      damaged[at] = (damaged[at] as number) ^ 1;
      assert.throws(() => unseal(key, damaged, "db"), CorruptBackendError);
    }
    assert.throws(() => unseal(Buffer.from("another"), sealed, "db"), CorruptBackendError);
  });
});
