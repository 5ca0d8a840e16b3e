import assert from "node:assert/strict";
import { Heartbeats } from "./heartbeats.ts";

describe("the silence of a node", () => {
  const silences = (looks: readonly (readonly [mark: string, nowMs: number])[]) => {
    const heartbeats = new Heartbeats(10_000);
    return looks.map(([mark, nowMs]) => heartbeats.look("n", mark, nowMs));
  };

  it("is the time since it last said something new", () =>
    assert.deepEqual(
      silences([
        ["a", 1000],
        ["a", 6000],
        ["a", 7000],
        ["b", 12_000],
        ["b", 13_000],
      ]),
      [0, 5000, 6000, 0, 1000],
    ));

  it("does not grow while nobody looks", () =>
    assert.deepEqual(
      silences([
        ["a", 0],
        ["a", 5000],
        ["a", 605_000],
        ["b", 606_000],
      ]),
      [0, 5000, 15_000, 0],
    ));

  it("begins anew when nobody could be heard", () => {
    const heartbeats = new Heartbeats(10_000);
    heartbeats.look("n", "a", 0);
    heartbeats.look("n", "a", 5000);
    heartbeats.clear();
    assert.deepEqual([heartbeats.look("n", "a", 6000), heartbeats.look("n", "a", 7000)], [0, 1000]);
  });
});
