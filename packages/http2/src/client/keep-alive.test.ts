import assert from "node:assert/strict";
import { mock } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { Pings } from "../pings.ts";
import { KeepAlive, type KeepAliveOptions } from "./keep-alive.ts";

describe("keeping a connection alive", () => {
  let pings: number;
  let isSilent: boolean;
  let isIdle: boolean;
  let keepAlive: KeepAlive;

  beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
  afterEach(() => {
    keepAlive.stop();
    mock.timers.reset();
  });

  function start(options: Partial<KeepAliveOptions> = {}): void {
    [pings, isSilent, isIdle] = [0, false, false];
    keepAlive = new KeepAlive(
      { everyMs: 1000, timeoutMs: 300, whileIdle: false, ...options },
      { send: () => void pings++ } as unknown as Pings,
      () => isIdle,
      () => {
        isSilent = true;
      },
    );
  }
  const pass = async (ms: number) => {
    mock.timers.tick(ms);
    await turn();
    await turn();
  };

  it("asks again and again while there are signs of life", async () => {
    start();
    for (let round = 1; round <= 5; round++) {
      await pass(1000);
      assert.equal(pings, round);
      keepAlive.onRead();
      await pass(300);
      assert.equal(isSilent, false);
    }
  });

  it("tells of silence after a question, whatever came before it", async () => {
    start();
    keepAlive.onRead();
    await pass(1000);
    await pass(299);
    assert.equal(isSilent, false);
    await pass(1);
    assert.equal(isSilent, true);
  });

  it("lets be read what has come while nothing ran, before it judges", async () => {
    start();
    await pass(1000);
    mock.timers.tick(60_000);
    keepAlive.onRead();
    await pass(0);
    assert.equal(isSilent, false);
  });

  it("asks nothing of who is idle, unless told to", async () => {
    start();
    isIdle = true;
    await pass(1000);
    assert.equal(pings, 0);
    start({ whileIdle: true });
    isIdle = true;
    await pass(1000);
    assert.equal(pings, 1);
  });
});
