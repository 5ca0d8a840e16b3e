import assert from "node:assert/strict";
import { pack } from "msgpackr";
import { readRevisionMarks } from "./revision-marks.ts";

describe("Revision marks", () => {
  it("of an empty database are a new store's", () => {
    assert.deepEqual(readRevisionMarks(undefined), { compacted: 0, finished: 0, current: 1 });
  });

  it("say that nothing is left to be forgotten where that was not written down", () => {
    assert.deepEqual(readRevisionMarks(pack({ compacted: 5, current: 9 })), { compacted: 5, finished: 5, current: 9 });
    const marks = { compacted: 7, finished: 5, current: 9 };
    assert.deepEqual(readRevisionMarks(pack(marks)), marks);
  });
});
