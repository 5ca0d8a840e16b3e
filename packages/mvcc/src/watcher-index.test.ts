import assert from "node:assert/strict";
import { createPrng } from "@drydock/base";
import { inRange, type KeyRange } from "./types.ts";
import { WatcherIndex } from "./watcher-index.ts";

describe("WatcherIndex", () => {
  it("finds whom a look at every range finds, over many random changes", () => {
    const prng = createPrng(11);
    const letter = () => "abc\u00ff"[prng.integer(4)] as string;
    const word = () => Array.from({ length: 1 + prng.integer(3) }, letter).join("");
    const range = (): KeyRange => {
      const key = word();
      const kind = prng.integer(4);
      if (kind === 0) return { key };
      if (kind === 1) return { key, end: "\0" };
      if (kind === 2) return { key, end: word() };
      const last = key.charCodeAt(key.length - 1);
      return last === 255 ? { key } : { key, end: key.slice(0, -1) + String.fromCharCode(last + 1) };
    };
    const index = new WatcherIndex<number>();
    const model = new Map<number, KeyRange>();
    for (let step = 0; step < 3000; step++) {
      if (prng.next() < 0.6) {
        const watched = range();
        index.add(watched, step);
        model.set(step, watched);
      } else {
        const id = prng.integer(step + 1);
        const watched = model.get(id);
        if (watched) index.delete(watched, id);
        model.delete(id);
      }
      const key = word();
      const found: number[] = [];
      index.forEachOf(key, ({ watchers }) => found.push(...watchers));
      const expected = [...model].filter(([, watched]) => inRange(key, watched)).map(([id]) => id);
      assert.deepEqual(
        found.sort((a, b) => a - b),
        expected,
        `step ${step}, key ${JSON.stringify(key)}`,
      );
      assert.equal(index.size, model.size);
    }
  });
});
