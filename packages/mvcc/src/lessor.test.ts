import assert from "node:assert/strict";
import { LeaseCheckpoints } from "./lease-checkpoints.ts";
import { Lessor } from "./lessor.ts";
import { MemoryBackend } from "./memory-backend.ts";

const OPTIONS = { intervalMs: 5 * 60_000, limit: 10 };
const HOUR_MS = 3_600_000;

describe("leases and their checkpoints", () => {
  function leading(): { lessor: Lessor; checkpoints: LeaseCheckpoints } {
    const lessor = new Lessor(new MemoryBackend());
    lessor.promote(0, 0);
    lessor.grant("1", 3600, 0);
    return { lessor, checkpoints: new LeaseCheckpoints(OPTIONS) };
  }

  it("tell the log of the time that is left when it has much too much in mind", () => {
    const { lessor, checkpoints } = leading();
    assert.deepEqual(checkpoints.begin(lessor, 299_000), []);
    const due = checkpoints.begin(lessor, 300_500);
    assert.deepEqual(due, [{ id: "1", remainingSeconds: 3300 }]);
    lessor.checkpoint("1", 3300, 301_000);
    checkpoints.applied(due);
    assert.deepEqual(checkpoints.begin(lessor, 302_000), []);
    // The next leader goes on from there.
    lessor.demote();
    lessor.promote(400_000, 0);
    assert.deepEqual(lessor.expired(400_000 + 3_299_000, 1), []);
    assert.deepEqual(lessor.expired(400_000 + 3_300_000, 1), ["1"]);
  });

  it("take a checkpoint back after a renewal, whether it is applied or still on its way", () => {
    const { lessor, checkpoints } = leading();
    assert.equal(checkpoints.takenBack(lessor, "1"), undefined);
    const due = checkpoints.begin(lessor, 400_000);
    lessor.renew("1", 400_100);
    assert.deepEqual(checkpoints.takenBack(lessor, "1"), { id: "1", remainingSeconds: 0 });
    lessor.checkpoint("1", due[0]?.remainingSeconds as number, 400_200);
    checkpoints.applied(due);
    assert.deepEqual(checkpoints.takenBack(lessor, "1"), { id: "1", remainingSeconds: 0 });
    lessor.checkpoint("1", 0, 400_300);
    assert.equal(checkpoints.takenBack(lessor, "1"), undefined);
    // Nothing is due again at once, which would undo it.
    assert.deepEqual(checkpoints.begin(lessor, 400_400), []);
  });

  it("count a renewal that the leader before made and that is applied only after the change", () => {
    const { lessor } = leading();
    lessor.checkpoint("1", 10, 1000);
    lessor.demote();
    lessor.promote(2000, 0);
    lessor.checkpoint("1", 0, 3000);
    assert.deepEqual(lessor.expired(3000 + HOUR_MS - 1, 1), []);
    assert.deepEqual(lessor.expired(3000 + HOUR_MS, 1), ["1"]);
  });
});
