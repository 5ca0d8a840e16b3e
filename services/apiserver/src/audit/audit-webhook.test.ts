import assert from "node:assert/strict";
import { FakeClock } from "@drydock/base";
import { AuditWebhook } from "./audit-webhook.ts";

describe("audit webhook", () => {
  const limits = { bufferSize: 5, maxSize: 3, maxWaitMs: 1000, initialBackoffMs: 100 };

  function start(...answers: (number | Error)[]) {
    const clock = new FakeClock();
    const sent: unknown[][] = [];
    const lost: object[] = [];
    const webhook = new AuditWebhook(limits, {
      clock,
      logger: { error: (about: object) => void lost.push(about) } as never,
      post: async (list) => {
        sent.push((list as { items: unknown[] }).items);
        const answer = answers.shift() ?? 200;
        if (answer instanceof Error) throw answer;
        return answer;
      },
    });
    const pass = async (ms: number) => {
      clock.advance(ms);
      for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    };
    return { webhook, sent, lost, pass };
  }

  it("sends when enough have come, or the first has waited long enough", async () => {
    const { webhook, sent, pass } = start();
    for (const id of [1, 2, 3, 4]) webhook.write({ id });
    await pass(0);
    assert.deepEqual(sent, [[{ id: 1 }, { id: 2 }, { id: 3 }]]);
    await pass(1000);
    assert.deepEqual(sent[1], [{ id: 4 }]);
  });

  it("tries again while the webhook is away, and not when it refuses", async () => {
    const { webhook, sent, lost, pass } = start(new Error("away"), 503, 200, 400);
    webhook.write({ id: 1 });
    for (const ms of [1000, 100, 150]) await pass(ms);
    assert.equal(sent.length, 3);
    webhook.write({ id: 2 });
    await pass(1000);
    assert.deepEqual([sent.length, lost.length], [4, 1]);
  });

  it("loses what is too much, and sends what is left as it stops", async () => {
    const { webhook, sent } = start();
    const writes = () => [1, 2, 3, 4, 5, 6, 7, 8, 9].forEach((id) => void webhook.write({ id }));
    assert.throws(writes, /queue blocked/);
    await webhook.stop();
    assert.equal(sent.flat().length, 8);
  });
});
