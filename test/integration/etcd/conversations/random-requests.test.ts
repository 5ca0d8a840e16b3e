import assert from "node:assert/strict";
import { createPrng } from "@drydock/base";
import { callUnary } from "./call.ts";
import { unaryMethods } from "./messages.ts";
import { randomMessage } from "./random-message.ts";
import { Side } from "./side.ts";

/** `DRYDOCK_SEED` and `DRYDOCK_FUZZ_SECONDS` look further. */
const SECONDS = Number(process.env["DRYDOCK_FUZZ_SECONDS"] ?? 5);
const seed = Number(process.env["DRYDOCK_SEED"] ?? Date.now() % 100_000);
const AT_ONCE = 8;
/** What waits for others, or takes the member's cluster from it. */
const NOT_ASKED = new Set(["Cluster/MemberAdd", "Cluster/MemberRemove", "Election/Campaign", "Lock/Lock"]);
/** Transactions have the most to go wrong. */
const TXN_WEIGHT = 12;

describe("random requests", function () {
  this.timeout(SECONDS * 1000 + 60_000);

  it("neither end a member nor are answered as if something unexpected had happened", async () => {
    const again = `again: DRYDOCK_SEED=${seed}`;
    const prng = createPrng(seed);
    const methods = unaryMethods()
      .filter(({ name }) => !NOT_ASKED.has(name))
      .flatMap((method) => (method.name === "KV/Txn" ? Array.from({ length: TXN_WEIGHT }, () => method) : [method]));
    const side = await Side.start("drydock", 1, []);
    try {
      const untilMs = Date.now() + SECONDS * 1000;
      while (Date.now() < untilMs) {
        const calls = Array.from({ length: AT_ONCE }, async () => {
          const { name, input } = methods[prng.integer(methods.length)] as (typeof methods)[number];
          const request = randomMessage(input, prng);
          const { code, message } = await callUnary(side.connection(0), name, request, {});
          assert.notEqual(code, "INTERNAL", `${name} ${JSON.stringify(request)}: ${message}; ${again}`);
        });
        await Promise.all(calls);
        assert.doesNotThrow(() => side.checkAlive(), again);
      }
    } finally {
      await side.dispose();
    }
  });
});
