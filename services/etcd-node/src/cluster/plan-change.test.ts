import assert from "node:assert/strict";
import type { MemberRecord } from "./members.ts";
import { type MembershipView, planAddition, planPromotion, planRemoval } from "./plan-change.ts";

const member = (id: string, isLearner = false): MemberRecord => ({
  id,
  name: `m${id}`,
  peerUrls: [],
  clientUrls: [],
  isLearner,
});

/** Three voters of which one is away, and a learner. */
function view(changes: Partial<MembershipView> = {}): MembershipView {
  return {
    members: [member("1"), member("2"), member("3"), member("4", true)],
    self: "1",
    isStrict: true,
    isConnected: (id) => id !== "3",
    isCaughtUp: () => true,
    ...changes,
  };
}

describe("plans to change the membership", () => {
  it("are refused while somebody is away, unless the change makes up for it", () => {
    assert.match(String(planAddition(view(), member("5"))), /unhealthy cluster/);
    assert.equal(planAddition(view(), member("5", true)), undefined);
    assert.match(String(planRemoval(view(), "2")), /unhealthy cluster/);
    assert.equal(planRemoval(view(), "3"), undefined);
    assert.equal(planAddition(view({ isConnected: () => true }), member("5")), undefined);
  });

  it("are not refused for that where the check is switched off", () => {
    assert.equal(planAddition(view({ isStrict: false }), member("5")), undefined);
    assert.equal(planRemoval(view({ isStrict: false }), "2"), undefined);
    assert.match(String(planRemoval(view({ isStrict: false }), "9")), /member not found/);
  });

  it("do not let a learner vote that has not caught up, strict or not", () => {
    assert.equal(planPromotion(view(), "4"), undefined);
    for (const isStrict of [true, false])
      assert.match(String(planPromotion(view({ isStrict, isCaughtUp: () => false }), "4")), /in sync with leader/);
    assert.match(String(planPromotion(view(), "1")), /can only promote a learner member/);
  });
});
