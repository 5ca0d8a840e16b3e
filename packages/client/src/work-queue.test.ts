import assert from "node:assert/strict";
import { createPrng, FakeClock } from "@drydock/base";
import { WorkQueue } from "./work-queue.ts";

function setup() {
  const clock = new FakeClock();
  return { clock, queue: new WorkQueue(clock, createPrng(1)) };
}

describe("WorkQueue", () => {
  it("keeps a key once, and again after it was added during its own work", async () => {
    const { queue } = setup();
    queue.add("a");
    queue.add("a");
    queue.add("b");
    assert.equal(await queue.take(), "a");
    queue.add("a");
    assert.equal(await queue.take(), "b");
    assert.equal(queue.depth, 0);
    queue.done("a");
    assert.equal(await queue.take(), "a");
  });

  it("wakes a waiting taker, and never hands one key to two", async () => {
    const { queue } = setup();
    const first = queue.take();
    const second = queue.take();
    queue.add("a");
    queue.add("a");
    assert.equal(await first, "a");
    queue.done("a");
    assert.equal(await second, "a");
  });

  it("takes the earliest of several delays", async () => {
    const { clock, queue } = setup();
    queue.addAfter("a", 100);
    queue.addAfter("a", 50);
    queue.addAfter("a", 80);
    clock.advance(49);
    assert.equal(queue.depth, 0);
    clock.advance(1);
    assert.equal(await queue.take(), "a");
    queue.done("a");
    clock.advance(1000);
    assert.equal(queue.depth, 0);
  });

  it("backs off further with each failure until forgotten", () => {
    const { clock, queue } = setup();
    for (const delayMs of [5, 10, 20]) {
      queue.addRateLimited("a");
      clock.advance(delayMs - 1);
      assert.equal(queue.depth, 0);
      clock.advance(1);
      assert.equal(queue.depth, 1);
      void queue.take();
      queue.done("a");
    }
    queue.forget("a");
    queue.addRateLimited("a");
    clock.advance(5);
    assert.equal(queue.depth, 1);
  });

  it("lets takers go when shut down", async () => {
    const { queue } = setup();
    const taker = queue.take();
    queue.shutDown();
    assert.equal(await taker, undefined);
    queue.add("a");
    assert.equal(await queue.take(), undefined);
  });
});
