import assert from "node:assert/strict";
import { humanDuration } from "./human-duration.ts";

describe("humanDuration", () => {
  const s = 1000;
  const m = 60 * s;
  const h = 60 * m;
  const d = 24 * h;
  for (const [ms, text] of [
    [-5 * s, "<invalid>"],
    [-s, "0s"],
    [0, "0s"],
    [119 * s, "119s"],
    [2 * m, "2m"],
    [3 * m + 12 * s, "3m12s"],
    [10 * m + 5 * s, "10m"],
    [179 * m, "179m"],
    [3 * h + 5 * m, "3h5m"],
    [8 * h + 5 * m, "8h"],
    [47 * h, "47h"],
    [50 * h, "2d2h"],
    [8 * d, "8d"],
    [400 * d, "400d"],
    [730 * d, "2y"],
    [800 * d, "2y70d"],
    [9 * 365 * d, "9y"],
  ] as const) {
    it(`${ms} ms is ${text}`, () => assert.equal(humanDuration(ms), text));
  }
});
