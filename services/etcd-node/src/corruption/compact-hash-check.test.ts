import assert from "node:assert/strict";
import { FakeClock } from "@drydock/base";
import { CompactHashCheck } from "./compact-hash-check.ts";
import type { MemberHash } from "./compare-hashes.ts";

const hash = (member: string, revision: number, value: number): MemberHash => ({
  member,
  revision,
  compactRevision: revision - 10,
  hash: value,
});

describe("hashes at compactions", () => {
  /** `peers`: what each says of a revision; nothing where it does not answer. */
  const create = (own: MemberHash[], peers: Record<string, Record<number, number>>, members = ["1", "2", "3"]) => {
    const asked: string[] = [];
    const alarms: string[] = [];
    const clock = new FakeClock();
    const state = { isLeader: true };
    const check = new CompactHashCheck({
      clock,
      intervalMs: 60_000,
      self: "1",
      isLeader: () => state.isLeader,
      members: () => members,
      hashesHere: () => own,
      hashThere: async (peer, revision) => {
        asked.push(`${peer}@${revision}`);
        const value = peers[peer]?.[revision];
        if (value === undefined) throw new Error("down");
        return hash(peer, revision, value);
      },
      onCorrupt: (corrupt) => alarms.push(corrupt.join()),
    });
    return { check, asked, alarms, clock, state };
  };

  it("are compared from the newest on, until all members have answered for one", async () => {
    const own = [hash("1", 10, 7), hash("1", 20, 8), hash("1", 30, 9)];
    const { check, asked, alarms } = create(own, { "2": { 10: 7, 20: 8, 30: 9 }, "3": { 10: 7, 20: 8 } });
    await check.run();
    assert.deepEqual(asked, ["2@30", "3@30", "2@20", "3@20"]);
    asked.length = 0;
    await check.run();
    assert.deepEqual(asked, ["2@30", "3@30"]);
    assert.deepEqual(alarms, []);
  });

  it("raise the alarm for whoever differs", async () => {
    const { check, asked, alarms } = create([hash("1", 10, 7), hash("1", 20, 8)], {
      "2": { 20: 8 },
      "3": { 20: 1 },
    });
    await check.run();
    assert.deepEqual(alarms, ["3"]);
    assert.deepEqual(asked, ["2@20", "3@20"]);
  });

  it("are looked at by the leader, now and then, and by nobody who is alone", async () => {
    const { check, asked, clock, state } = create([hash("1", 10, 7)], { "2": { 10: 7 }, "3": { 10: 7 } });
    check.start();
    state.isLeader = false;
    clock.advance(60_000);
    assert.deepEqual(asked, []);
    state.isLeader = true;
    clock.advance(60_000);
    assert.deepEqual(asked, ["2@10", "3@10"]);
    check.stop();
    const alone = create([hash("1", 10, 7)], {}, ["1"]);
    await alone.check.run();
    assert.deepEqual(alone.asked, []);
  });
});
