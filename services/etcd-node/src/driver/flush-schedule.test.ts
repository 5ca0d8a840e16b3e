import assert from "node:assert/strict";
import { FlushSchedule } from "./flush-schedule.ts";

describe("FlushSchedule", () => {
  it("writes much at once and little once a second", () => {
    const schedule = new FlushSchedule();
    const flushedAt: number[] = [];
    let look = 0;
    const backend = { gatheredCount: 10, flush: () => flushedAt.push(look) };
    for (look = 1; look <= 12; look++) {
      backend.gatheredCount = look === 6 || look === 7 ? 5000 : 10;
      schedule.look(backend);
    }
    assert.deepEqual(flushedAt, [4, 6, 7, 11]);
  });
});
