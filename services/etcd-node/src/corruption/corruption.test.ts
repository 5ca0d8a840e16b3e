import assert from "node:assert/strict";
import { FakeClock } from "@drydock/base";
import { CorruptBackendError } from "../backend/sealed-record.ts";
import { compareHashes, type MemberHash } from "./compare-hashes.ts";
import { CorruptionCheck } from "./corruption-check.ts";

const hash = (member: string, value: number, revision = 10, compactRevision = 5): MemberHash => ({
  member,
  revision,
  compactRevision,
  hash: value,
});

const rows: Record<string, { own: MemberHash; others: MemberHash[]; size: number; expected: string }> = {
  "all the same": { own: hash("1", 7), others: [hash("2", 7), hash("3", 7)], size: 3, expected: "agree 1,2,3" },
  "one differs": { own: hash("1", 7), others: [hash("2", 7), hash("3", 8)], size: 3, expected: "differ 3" },
  "this one differs": { own: hash("1", 8), others: [hash("2", 7), hash("3", 7)], size: 3, expected: "differ 1" },
  "two of three answer, and differ": { own: hash("1", 7), others: [hash("2", 8)], size: 3, expected: "differ 1,2" },
  "every one differs": {
    own: hash("1", 7),
    others: [hash("2", 8), hash("3", 9)],
    size: 3,
    expected: "differ 1,2,3",
  },
  "other revisions say nothing": { own: hash("1", 7), others: [hash("2", 8, 9)], size: 3, expected: "not-comparable " },
  "nor do other compactions": {
    own: hash("1", 7),
    others: [hash("2", 8, 10, 4), hash("3", 7)],
    size: 3,
    expected: "agree 1,3",
  },
  "nobody answers": { own: hash("1", 7), others: [], size: 3, expected: "not-comparable " },
};

describe("compareHashes", () => {
  for (const [name, { own, others, size, expected }] of Object.entries(rows)) {
    it(name, () => {
      const verdict = compareHashes(own, others, size);
      const members = verdict.kind === "differ" ? verdict.corrupt : verdict.kind === "agree" ? verdict.members : [];
      assert.equal(`${verdict.kind} ${members.join()}`, expected);
    });
  }

  it("says who has what, and at which revision", () => {
    const verdict = compareHashes(hash("1", 0xab), [hash("2", 0xab), hash("3", 0xcd)], 3);
    assert.equal(
      verdict.kind === "differ" && verdict.message,
      "members differ at revision 10 (compacted at 5): 1 has ab, 2 has ab, 3 has cd",
    );
  });
});

describe("CorruptionCheck", () => {
  const create = (own: () => MemberHash, peers: Record<string, number>) => {
    const clock = new FakeClock();
    const alarms: string[] = [];
    const state = { isLeader: true };
    const check = new CorruptionCheck({
      clock,
      intervalMs: 1000,
      self: "1",
      isLeader: () => state.isLeader,
      members: () => ["1", "2", "3"],
      hashHere: async () => own(),
      hashThere: async (peer, revision) => {
        const value = peers[peer];
        if (value === undefined) throw new Error("down");
        return hash(peer, value, revision);
      },
      onCorrupt: (members) => alarms.push(members.join()),
    });
    return { check, clock, alarms, state };
  };
  const settle = () => new Promise((resolve) => setImmediate(resolve));

  it("is made by the leader, now and then", async () => {
    const { check, clock, alarms, state } = create(() => hash("1", 7), { "2": 7, "3": 8 });
    check.start();
    state.isLeader = false;
    clock.advance(1000);
    await settle();
    assert.deepEqual(alarms, []);
    state.isLeader = true;
    clock.advance(1000);
    await settle();
    assert.deepEqual(alarms, ["3"]);
    check.stop();
    clock.advance(5000);
    await settle();
    assert.deepEqual(alarms, ["3"]);
  });

  it("keeps a member from serving that differs from the others, and no other", async () => {
    await assert.rejects(
      create(() => hash("1", 8), { "2": 7, "3": 7 }).check.checkBeforeServing(),
      /members differ at/,
    );
    await create(() => hash("1", 7), { "2": 7, "3": 8 }).check.checkBeforeServing();
    await create(() => hash("1", 7), {}).check.checkBeforeServing();
  });

  it("takes a record that is damaged for what it is", async () => {
    const { check, alarms } = create(
      () => {
        throw new CorruptBackendError("database db is damaged in revision 3.0");
      },
      { "2": 7, "3": 7 },
    );
    assert.equal((await check.run()).kind, "differ");
    assert.deepEqual(alarms, ["1"]);
    await assert.rejects(check.checkBeforeServing(), /revision 3\.0/);
  });
});
