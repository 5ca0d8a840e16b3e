import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import type { Exchange } from "./exchange.ts";
import { createWatchOutput } from "./watch-output.ts";

/** A response whose client takes one chunk whenever it is told to. */
class SlowResponse extends Writable {
  readonly chunks: string[] = [];
  #take: (() => void) | undefined;

  constructor() {
    super({ highWaterMark: 100_000 });
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.chunks.push(chunk.toString());
    this.#take = done;
  }

  async takeOne(): Promise<void> {
    const take = this.#take;
    this.#take = undefined;
    take?.();
    await turn();
  }
}

describe("what a watch sends", () => {
  let response: SlowResponse;
  let made: number;
  let output: ReturnType<typeof createWatchOutput>;

  beforeEach(() => {
    response = new SlowResponse();
    made = 0;
    output = createWatchOutput(response as unknown as Exchange["response"], () => {});
  });

  const push = (text: string) =>
    output.push(() => {
      made++;
      return Buffer.from(text);
    });

  it("goes out together at the end of the turn", async () => {
    for (const text of ["a", "b", "c"]) push(text);
    assert.deepEqual(response.chunks, []);
    await turn();
    assert.deepEqual(response.chunks, ["abc"]);
    assert.equal(output.waiting, 0);
  });

  it("is not even made while the client does not take what there is", async () => {
    const large = "x".repeat(10_000);
    for (let count = 0; count < 1000; count++) push(large);
    await turn();
    assert.ok(made < 40, `${made} made`);
    assert.equal(output.waiting, 1000 - made);
    for (let round = 0; output.waiting > 0 && round < 1000; round++) await response.takeOne();
    while (response.writableLength > 0) await response.takeOne();
    assert.equal(response.chunks.join("").length, 1000 * 10_000);
  });

  it("keeps its order, and ends after the last of it", async () => {
    const expected = Array.from({ length: 300 }, (_, index) => `${index}`.padStart(1000, "."));
    for (const text of expected) push(text);
    output.end();
    for (let round = 0; !response.writableFinished && round < 1000; round++) await response.takeOne();
    assert.equal(response.chunks.join(""), expected.join(""));
    assert.ok(response.writableFinished);
  });
});
