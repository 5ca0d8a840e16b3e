import assert from "node:assert/strict";
import { RangeResponse } from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { encodeKeyValue, StoredKeyValue } from "../../backend/key-value-codec.ts";
import { kvsFieldLength, RangeSource } from "./range-source.ts";

const HEAD = Buffer.from([0x0a, 2, 0x18, 7]);
const TAIL = Buffer.from([0x18, 1, 0x20, 0x81, 0x01]);

/** Keys that lie in the midst of a slab, as the backend has them. */
function stored(key: string, size: number): StoredKeyValue {
  const encoded = encodeKeyValue({
    key,
    value: Buffer.alloc(size, key),
    createRevision: 5,
    modRevision: 300,
    version: 4,
    lease: "0",
  });
  const slab = Buffer.concat([Buffer.alloc(13, 0xff), encoded, Buffer.alloc(9, 0xff)]);
  return new StoredKeyValue(slab, 13, 13 + encoded.length);
}

function sourceOf(kvs: readonly StoredKeyValue[], head = HEAD, tail = TAIL): RangeSource {
  return new RangeSource(
    head,
    kvs,
    kvs.reduce((sum, kv) => sum + kvsFieldLength(kv), 0),
    tail,
  );
}

/** Read in parts of so many octets, with others around them that must stay as they are. */
function readInParts(source: RangeSource, octets: number): Buffer {
  const parts: Buffer[] = [];
  for (let left = source.length; left > 0; left -= octets) {
    const count = Math.min(octets, left);
    const room = Buffer.alloc(count + 6, 0xee);
    assert.equal(source.copyTo(room, 3, count), 3 + count);
    assert.deepEqual([room.subarray(0, 3), room.subarray(3 + count)], [Buffer.alloc(3, 0xee), Buffer.alloc(3, 0xee)]);
    parts.push(room.subarray(3, 3 + count));
  }
  return Buffer.concat(parts);
}

describe("an answer to a range that is put together while it is sent", () => {
  const kvs = [stored("a", 0), stored("b", 1), stored("c", 130), stored("d", 20_000), stored("e", 5)];
  const whole = readInParts(sourceOf(kvs), Number.MAX_SAFE_INTEGER);

  it("is what the generated codec reads", () => {
    const { kvs: read, count, more } = RangeResponse.decode(whole);
    assert.deepEqual(
      read.map(({ key, value }) => [key.toString(), value.length]),
      [
        ["a", 0],
        ["b", 1],
        ["c", 130],
        ["d", 20_000],
        ["e", 5],
      ],
    );
    assert.deepEqual([count, more], [129, true]);
  });

  for (const octets of [1, 2, 3, 5, 7, 20, 31, 129, 1000, 16_384])
    it(`is the same in parts of ${octets}`, () => {
      assert.deepEqual(readInParts(sourceOf(kvs), octets), whole);
    });

  it("may have nothing before, between or behind", () => {
    const nothing = Buffer.alloc(0);
    assert.deepEqual(readInParts(sourceOf([], HEAD, nothing), 3), HEAD);
    assert.deepEqual(readInParts(sourceOf([], nothing, TAIL), 2), TAIL);
    assert.deepEqual(readInParts(sourceOf(kvs, nothing, nothing), 11), whole.subarray(HEAD.length, -TAIL.length));
    assert.equal(sourceOf([], nothing, nothing).length, 0);
  });
});
