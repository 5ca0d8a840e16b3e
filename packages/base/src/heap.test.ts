import assert from "node:assert/strict";
import { Heap } from "./heap.ts";
import { createPrng } from "./prng.ts";

describe("Heap", () => {
  it("pops in order after random pushes and removals", () => {
    const prng = createPrng(7);
    const heap = new Heap<number>((a, b) => a - b);
    const model: number[] = [];
    for (let i = 0; i < 500; i++) {
      const value = prng.integer(1000);
      heap.push(value);
      model.push(value);
      if (i % 7 === 0) {
        const gone = model.splice(prng.integer(model.length), 1)[0] as number;
        assert.equal(
          heap.remove((item) => item === gone),
          true,
        );
      }
    }
    model.sort((a, b) => a - b);
    for (const expected of model) assert.equal(heap.pop(), expected);
    assert.equal(heap.pop(), undefined);
  });

  it("says when there is nothing to remove", () => {
    assert.equal(
      new Heap<number>((a, b) => a - b).remove(() => true),
      false,
    );
  });
});
