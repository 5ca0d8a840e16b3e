import assert from "node:assert/strict";
import {
  countCommon,
  countIndexes,
  formatIndexRanges,
  freeIndexes,
  hasIndex,
  mergeRanges,
  parseIndexRanges,
  rangesOf,
} from "./index-ranges.ts";

describe("index ranges", () => {
  const tidied: [text: string, completions: number, expected: string][] = [
    ["", 5, ""],
    ["1,3-5,7", 10, "1,3-5,7"],
    ["1-2", 10, "1,2"],
    ["1-3,4", 10, "1-4"],
    ["1-3,5-9", 6, "1-3,5"],
    ["7", 7, ""],
    ["x,2,1-y,4-6", 10, "2,4-6"],
  ];
  for (const [text, completions, expected] of tidied)
    it(`reads '${text}' of ${completions} as '${expected}'`, () => {
      assert.equal(formatIndexRanges(parseIndexRanges(text, completions)), expected);
    });

  it("are merged, counted and searched", () => {
    const merged = mergeRanges(parseIndexRanges("1-3,8", 10), rangesOf([4, 0, 9]));
    assert.equal(formatIndexRanges(merged), "0-4,8,9");
    assert.equal(countIndexes(merged), 7);
    assert.deepEqual([hasIndex(merged, 4), hasIndex(merged, 5)], [true, false]);
    assert.equal(countCommon(merged, parseIndexRanges("3-8", 10)), 3);
  });

  it("say what is free", () => {
    assert.deepEqual(freeIndexes(parseIndexRanges("0,2-3", 10), 3, 10), [1, 4, 5]);
    assert.deepEqual(freeIndexes(parseIndexRanges("0,2-3", 10), 9, 5), [1, 4]);
    assert.deepEqual(freeIndexes(parseIndexRanges("0-9", 10), 3, 4), []);
  });
});
