import assert from "node:assert/strict";
import type { RevisionPair } from "@drydock/mvcc";
import { GatheredChanges } from "./gathered-changes.ts";

describe("gathered changes", () => {
  const slab = Buffer.from("0123456789abcdefghij");
  const order: RevisionPair[] = [
    { main: 5, sub: 0 },
    { main: 6, sub: 0 },
    { main: 6, sub: 1 },
    { main: 6, sub: 2 },
    { main: 7, sub: 0 },
    { main: 9, sub: 0 },
    { main: 9, sub: 1 },
  ];
  const gathered = () => {
    const changes = new GatheredChanges();
    for (const [index, at] of order.entries()) changes.put(at, slab, 2 * index, 2 * index + 2);
    return changes;
  };
  const textOf = (index: number) => slab.toString("latin1", 2 * index, 2 * index + 2);

  it("are found by their revision, several of one transaction too", () => {
    const changes = gathered();
    for (const [index, at] of order.entries()) assert.equal(changes.get(at)?.encoded.toString(), textOf(index));
    for (const [main, sub] of [
      [4, 0],
      [5, 1],
      [6, 3],
      [8, 0],
      [9, 2],
      [10, 0],
    ] as const)
      assert.equal(changes.get({ main, sub }), undefined, `${main}.${sub}`);
  });

  it("are gone through in order", () => {
    const changes = gathered();
    const seen: unknown[] = [];
    changes.forEachRevision((main, sub, source, start, end) =>
      seen.push([main, sub, source.toString("latin1", start, end)]),
    );
    assert.deepEqual(
      seen,
      order.map(({ main, sub }, index) => [main, sub, textOf(index)]),
    );
    const span = Array.from(changes.revisions(6, 9), ({ at, kv }) => [at.main, at.sub, kv.encoded.toString()]);
    assert.deepEqual(span, seen.slice(1, 5));
    assert.deepEqual(
      Array.from(changes.revisions(8, 100), ({ at }) => at),
      order.slice(5),
    );
  });

  it("come in order", () => {
    const changes = gathered();
    for (const [main, sub] of [
      [9, 0],
      [8, 0],
      [10, 1],
    ] as const)
      assert.throws(() => changes.put({ main, sub }, slab, 0, 1), /revisions come in order/);
  });
});
