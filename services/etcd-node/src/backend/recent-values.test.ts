import assert from "node:assert/strict";
import { RecentValues } from "./recent-values.ts";

describe("the values written or read lately", () => {
  /** In the midst of a slab. */
  const put = (values: RecentValues, main: number, sub = 0) => {
    const text = sub === 0 ? `r${main}` : `r${main}.${sub}`;
    values.put({ main, sub }, Buffer.from(`before${text.padEnd(10)}behind`), 6, 16);
  };
  const read = (values: RecentValues, main: number, sub = 0) => values.get({ main, sub })?.encoded.toString().trim();

  it("are found, in whatever order they came", () => {
    const values = new RecentValues(1000);
    const order = [5, 6, 7, 10, 12, 3, 8, 13];
    for (const main of order) put(values, main);
    put(values, 12, 1);
    for (const main of order) assert.equal(read(values, main), `r${main}`);
    assert.equal(read(values, 12, 1), "r12.1");
    for (const main of [0, 4, 9, 11, 14]) assert.equal(read(values, main), undefined);
    assert.equal(read(values, 5, 1), undefined);
  });

  it("go when there are too many, the oldest first", () => {
    const values = new RecentValues(100);
    for (let main = 1; main <= 12; main++) put(values, main);
    const kept = Array.from({ length: 12 }, (_, index) => index + 1).filter((main) => read(values, main));
    assert.deepEqual(kept, [6, 7, 8, 9, 10, 11, 12]);
  });
});
