import assert from "node:assert/strict";
import type { RevisionPair } from "@drydock/mvcc";
import { revisionKey } from "./record-keys.ts";
import { BLOCK_BYTES, BlockCursor, type Change, putInBlocks, RECORD_ROOM } from "./revision-block.ts";
import { unseal } from "./sealed-record.ts";

interface Block {
  key: Buffer;
  value: Buffer;
}

function blocksOf(changes: readonly Change[]): Block[] {
  const blocks: Block[] = [];
  putInBlocks(changes, (key, sealed) => blocks.push({ key: Buffer.from(key), value: unseal(key, sealed, "db") }));
  return blocks;
}

function read({ key, value }: Block): { at: RevisionPair; text: string }[] {
  const found = [];
  for (const cursor = new BlockCursor(key, value); cursor.next(); )
    found.push({ at: cursor.at, text: value.toString("latin1", cursor.start, cursor.end) });
  return found;
}

const change = (main: number, sub: number, text: string) => ({ at: { main, sub }, bytes: Buffer.from(text) });

describe("blocks of revisions", () => {
  it("give back what was put in, with gaps between the revisions and several changes in one", () => {
    const changes = [
      change(7, 2, "\n first"),
      change(7, 5, ""),
      change(8, 0, "x"),
      change(2 ** 31 + 8, 1, "far"),
      change(2 ** 33, 0, "too far for the same block"),
      change(2 ** 33 + 1, 0, "last"),
    ];
    const blocks = blocksOf(changes);
    assert.deepEqual(
      blocks.map(({ key }) => key.toString("hex")),
      [changes[0], changes[4]].map((first) => revisionKey((first as Change).at).toString("hex")),
    );
    assert.deepEqual(
      blocks.flatMap(read),
      changes.map(({ at, bytes }) => ({ at, text: String(bytes) })),
    );
    assert.deepEqual(blocksOf([]), []);
  });

  it("are no longer than they may be, but for a change that is", () => {
    const sizes = [BLOCK_BYTES - RECORD_ROOM, 1, BLOCK_BYTES * 2, 2000, 2000, 2000, 10];
    const changes = sizes.map((bytes, index) => change(index + 1, 0, "v".repeat(bytes)));
    const counts = blocksOf(changes).map((block) => read(block).length);
    assert.deepEqual(counts, [1, 1, 1, 2, 2]);
  });

  it("find a revision, or that it is not there", () => {
    const [block] = blocksOf([change(5, 1, "a"), change(5, 3, "b"), change(9, 0, "c")]) as [Block];
    const find = (main: number, sub: number) => {
      const cursor = new BlockCursor(block.key, block.value);
      return cursor.find({ main, sub }) ? block.value.toString("latin1", cursor.start, cursor.end) : undefined;
    };
    assert.deepEqual([find(5, 1), find(5, 3), find(9, 0)], ["a", "b", "c"]);
    for (const [main, sub] of [
      [5, 0],
      [5, 2],
      [5, 4],
      [7, 0],
      [9, 1],
      [10, 0],
    ] as const)
      assert.equal(find(main, sub), undefined, `${main}.${sub}`);
  });

  it("are one change where there is none but it, as each was written once", () => {
    const at = { main: 77, sub: 3 };
    assert.deepEqual(read({ key: revisionKey(at), value: Buffer.from("\n\u0001k") }), [{ at, text: "\n\u0001k" }]);
  });
});
