import assert from "node:assert/strict";
import { checkAppendList, type ListOperation } from "./index.ts";

/** `list` undefined: the client was told nothing. */
type Row = [calledMs: number, returnedMs: number, element: string | undefined, list?: string];

const history = (rows: readonly Row[]): ListOperation[] =>
  rows.map(([calledMs, atMs, element, list], id) => ({
    id,
    client: "c",
    request: element === undefined ? { kind: "read" } : { kind: "append", element },
    calledMs,
    outcome: list === undefined ? { kind: "unknown" } : { kind: "returned", atMs, response: [...list] },
  }));

const good: Record<string, Row[]> = {
  "in a row": [
    [0, 1, "a", "a"],
    [2, 3, "b", "ab"],
    [4, 5, undefined, "ab"],
  ],
  "side by side": [
    [0, 9, "a", "ba"],
    [0, 9, "b", "b"],
    [1, 8, undefined, ""],
  ],
  "without an answer, seen and not seen": [
    [0, 1, "a"],
    [2, 3, "b", "b"],
    [4, 5, "c"],
    [6, 7, undefined, "bc"],
  ],
};

const bad: Record<string, { rows: Row[]; offender: number }> = {
  "an append that is lost": {
    rows: [
      [0, 1, "a", "a"],
      [2, 3, "b", "ab"],
      [4, 5, undefined, "a"],
    ],
    offender: 2,
  },
  "two orders": {
    rows: [
      [0, 9, "a", "ab"],
      [0, 8, "b", "ba"],
    ],
    offender: 0,
  },
  "an element twice": { rows: [[0, 1, "a", "aa"]], offender: 0 },
  "its own element is not there": { rows: [[0, 1, "a", ""]], offender: 0 },
  "an element from the future": {
    rows: [
      [0, 1, undefined, "a"],
      [2, 3, "a", "a"],
    ],
    offender: 0,
  },
  "a read behind another": {
    rows: [
      [0, 1, "a"],
      [2, 3, undefined, "a"],
      [4, 5, undefined, ""],
    ],
    offender: 2,
  },
};

describe("checkAppendList", () => {
  for (const [name, rows] of Object.entries(good)) {
    it(`accepts: ${name}`, () => {
      assert.equal(checkAppendList(history(rows)), undefined);
    });
  }

  for (const [name, { rows, offender }] of Object.entries(bad)) {
    it(`refuses: ${name}`, () => {
      assert.equal(checkAppendList(history(rows))?.offender, offender);
    });
  }
});
