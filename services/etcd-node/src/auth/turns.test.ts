import assert from "node:assert/strict";
import { Turns } from "./turns.ts";

describe("Turns", () => {
  it("run so many at a time, in their order, and go on after one that fails", async () => {
    const turns = new Turns(2);
    const begun: number[] = [];
    const tasks = [0, 1, 2, 3, 4].map(() => Promise.withResolvers<number>());
    const results = tasks.map(({ promise }, index) =>
      turns.run(() => {
        begun.push(index);
        return promise;
      }),
    );
    for (const result of results) result.catch(() => {});
    assert.deepEqual(begun, [0, 1]);
    tasks[1]?.reject(new Error("wrong"));
    await assert.rejects(results[1] as Promise<number>, /wrong/);
    assert.deepEqual(begun, [0, 1, 2]);
    tasks[0]?.resolve(10);
    tasks[2]?.resolve(12);
    assert.deepEqual([await results[0], await results[2]], [10, 12]);
    assert.deepEqual(begun, [0, 1, 2, 3, 4]);
    tasks[3]?.resolve(13);
    tasks[4]?.resolve(14);
    assert.deepEqual([await results[3], await results[4]], [13, 14]);
    assert.equal(await turns.run(async () => 15), 15);
  });
});
