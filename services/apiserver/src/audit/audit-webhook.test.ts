import assert from "node:assert/strict";
import { FakeClock } from "@drydock/base";
import { auditWebhook } from "./audit-webhook.ts";
import { BufferedAudit } from "./buffered-audit.ts";
import { truncatedAudit } from "./truncated-audit.ts";

describe("audit webhook", () => {
  const limits = { bufferSize: 5, maxSize: 3, maxWaitMs: 1000, throttle: undefined };

  function start(answers: (number | Error)[], change: object = {}) {
    const clock = new FakeClock();
    const sent: unknown[][] = [];
    const lost: object[] = [];
    const sink = auditWebhook(100, {
      clock,
      post: async (list) => {
        sent.push((list as { items: unknown[] }).items);
        const answer = answers.shift() ?? 200;
        if (answer instanceof Error) throw answer;
        return answer;
      },
      isStopping: () => false,
    });
    const logger = { error: (about: object) => void lost.push(about) } as never;
    const buffered = new BufferedAudit({ ...limits, ...change }, { clock, logger, sink });
    const pass = async (ms: number) => {
      clock.advance(ms);
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    };
    return { buffered, sink, sent, lost, pass };
  }

  it("is sent to when enough have come, or the first has waited long enough", async () => {
    const { buffered, sent, pass } = start([]);
    for (const id of [1, 2, 3, 4]) buffered.write({ id });
    await pass(0);
    assert.deepEqual(sent, [[{ id: 1 }, { id: 2 }, { id: 3 }]]);
    await pass(1000);
    assert.deepEqual(sent[1], [{ id: 4 }]);
  });

  it("is tried again while it is away, and not when it refuses", async () => {
    const { buffered, sent, lost, pass } = start([new Error("away"), 503, 200, 400]);
    buffered.write({ id: 1 });
    for (const ms of [1000, 100, 150]) await pass(ms);
    assert.equal(sent.length, 3);
    buffered.write({ id: 2 });
    await pass(1000);
    assert.deepEqual([sent.length, lost.length], [4, 1]);
  });

  it("loses what is too much, and is sent what is left at the end", async () => {
    const { buffered, sent } = start([]);
    const writes = () => [1, 2, 3, 4, 5, 6, 7, 8, 9].forEach((id) => void buffered.write({ id }));
    assert.throws(writes, /queue blocked/);
    await buffered.stop();
    assert.equal(sent.flat().length, 8);
  });

  it("is not sent to more often than it may be, after a first burst", async () => {
    const { buffered, sent, pass } = start([], { maxSize: 1, throttle: { perSecond: 2, burst: 2 } });
    for (const id of [1, 2, 3, 4]) buffered.write({ id });
    await pass(0);
    assert.equal(sent.length, 2);
    await pass(499);
    assert.equal(sent.length, 2);
    await pass(1);
    assert.equal(sent.length, 3);
    await pass(500);
    assert.equal(sent.length, 4);
  });

  it("tells whoever waits that it does not want an event", async () => {
    const { sink } = start([200, 400]);
    await sink([{ id: 1 }]);
    await assert.rejects(async () => sink([{ id: 2 }]), /the webhook answered 400/);
  });
});

describe("audit events that are too large", () => {
  const event = (id: number, size: number) => ({ id, annotations: { a: "b" }, requestObject: "x".repeat(size) });

  it("go without their bodies, in parts, and not at all when that does not help", async () => {
    const sent: object[][] = [];
    const sink = truncatedAudit({ maxEventSize: 200, maxBatchSize: 300 }, (events) => void sent.push([...events]));
    await sink([event(1, 100), event(2, 500), event(3, 100)]);
    const cut = { id: 2, annotations: { a: "b", "audit.k8s.io/truncated": "true" } };
    assert.deepEqual(sent, [[event(1, 100), cut], [event(3, 100)]]);
    await assert.rejects(async () => sink([{ id: 4, user: "x".repeat(500) }, event(5, 1)]), /event is too large/);
    assert.deepEqual(sent[2], [event(5, 1)]);
  });
});
