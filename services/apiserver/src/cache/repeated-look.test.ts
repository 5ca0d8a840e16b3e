import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { RepeatedLook } from "./repeated-look.ts";

describe("a repeated look", () => {
  let change: () => void;
  let looks: PromiseWithResolvers<void>[];
  let failures: string[];
  let repeated: RepeatedLook;

  beforeEach(() => {
    looks = [];
    failures = [];
    const source = (onChange: () => void) => {
      change = onChange;
      return () => {};
    };
    const look = () => {
      const pending = Promise.withResolvers<void>();
      looks.push(pending);
      return pending.promise;
    };
    repeated = new RepeatedLook([source], look, ({ message }) => failures.push(message));
    repeated.start();
  });
  afterEach(() => repeated.stop());

  it("is one for changes that come together, and never two at a time", async () => {
    for (let count = 0; count < 5; count++) change();
    await turn();
    assert.equal(looks.length, 1);
    change();
    change();
    await turn();
    assert.equal(looks.length, 1);
    looks[0]?.resolve();
    await turn();
    assert.equal(looks.length, 2);
    looks[1]?.resolve();
    await turn();
    assert.equal(looks.length, 2);
  });

  it("is taken once more for a change in the very moment in which the one before ends", async () => {
    await turn();
    looks[0]?.promise.then(() => queueMicrotask(change));
    looks[0]?.resolve();
    await turn();
    await turn();
    assert.equal(looks.length, 2);
  });

  it("is repeated after it failed, and not after it was stopped", async () => {
    await turn();
    looks[0]?.reject(new Error("not now"));
    await turn();
    assert.deepEqual(failures, ["not now"]);
    change();
    await turn();
    assert.equal(looks.length, 2);
    repeated.stop();
    looks[1]?.reject(new Error("too late"));
    change();
    await turn();
    assert.deepEqual([looks.length, failures], [2, ["not now"]]);
  });
});
