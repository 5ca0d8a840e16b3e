import assert from "node:assert/strict";
import { createPrng } from "@drydock/base";
import { compareRevisions, mergeRevisions } from "./merge-revisions.ts";

describe("mergeRevisions", () => {
  it("gives all of all lists, in order", () => {
    assert.deepEqual([...mergeRevisions([])], []);
    assert.deepEqual([...mergeRevisions([[], []])], []);
    for (let seed = 1; seed <= 50; seed++) {
      const prng = createPrng(seed);
      const some = () => ({ main: prng.integer(40), sub: prng.integer(3) });
      const lists = Array.from({ length: prng.integer(9) }, () =>
        Array.from({ length: prng.integer(20) }, some).sort(compareRevisions),
      );
      assert.deepEqual([...mergeRevisions(lists)], lists.flat().sort(compareRevisions), `seed ${seed}`);
    }
  });
});
