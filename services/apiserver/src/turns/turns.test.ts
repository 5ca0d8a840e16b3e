import assert from "node:assert/strict";
import { TURN_MS, Turns } from "./turns.ts";

let nowMs = 0;
const work = (ms: number) => {
  nowMs += ms;
};
const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("turns of the event loop", () => {
  it("are taken at once by whoever comes first, and again when the work is done", async () => {
    const turns = new Turns(() => nowMs);
    assert.equal(turns.take(), undefined);
    await nextTurn();
    assert.equal(turns.take(), undefined);
  });

  it("come later, one by one and in order, when this one has lasted", async () => {
    const turns = new Turns(() => nowMs);
    const seen: string[] = [];
    let turn = 1;
    const count = () => {
      turn++;
      if (seen.length < 3) setImmediate(count);
    };
    setImmediate(count);
    const write = async (name: string) => {
      await turns.take();
      // Work goes on across awaits of what is there already.
      for (let hop = 0; hop < 5; hop++) await undefined;
      work(TURN_MS);
      seen.push(`${name} in turn ${turn}`);
    };
    await Promise.all(["a", "b", "c"].map(write));
    assert.deepEqual(seen, ["a in turn 1", "b in turn 2", "c in turn 3"]);
  });

  it("take as much small work as fits", async () => {
    const turns = new Turns(() => nowMs);
    turns.take();
    work(TURN_MS);
    let done = 0;
    const waiting = Array.from({ length: 50 }, async () => {
      await turns.take();
      done++;
    });
    assert.equal(done, 0);
    await nextTurn();
    await nextTurn();
    assert.equal(done, 50);
    await Promise.all(waiting);
    await nextTurn();
    assert.equal(turns.take(), undefined);
  });

  it("are not overtaken by whoever comes while others wait", async () => {
    const turns = new Turns(() => nowMs);
    turns.take();
    work(TURN_MS);
    const seen: number[] = [];
    const first = turns.take()?.then(() => seen.push(1));
    const second = turns.take()?.then(() => seen.push(2));
    await nextTurn();
    await Promise.all([first, second]);
    assert.deepEqual(seen, [1, 2]);
  });
});
