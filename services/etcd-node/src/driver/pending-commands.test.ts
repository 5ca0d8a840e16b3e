import assert from "node:assert/strict";
import { FakeClock } from "@drydock/base";
import { PendingCommands } from "./pending-commands.ts";

const commandOf = (id: number) => ({ proposer: "p", id, request: undefined, requester: undefined });

describe("PendingCommands", () => {
  const create = () => {
    const commands = new PendingCommands(new FakeClock(), 7000);
    const ended: string[] = [];
    const add = (id: number, onlyInTerm = 0) =>
      commands.add(
        commandOf(id),
        Buffer.from(`c${id}`),
        {
          settled: () => ended.push(`${id} done`),
          failed: (error) => ended.push(`${id} ${error.message}`),
        },
        { onlyInTerm },
      );
    const queued = (leadingTerm: number) => commands.queued(leadingTerm).map(String);
    const applied = (id: number) => {
      const told = ended.length;
      commands.applied(id, { kind: "done" });
      assert.equal(ended.length, told, "nobody is told before all has been applied");
      commands.tellOutcomes();
    };
    return { commands, ended, add, queued, applied };
  };

  it("proposes anew what an earlier term lost", () => {
    const { commands, ended, add, queued, applied } = create();
    add(1);
    add(2);
    assert.deepEqual(queued(0), ["c1", "c2"]);
    commands.proposed(3);
    assert.deepEqual(queued(0), []);
    applied(1);
    commands.termApplied(3);
    assert.deepEqual(queued(0), []);
    commands.termApplied(4);
    assert.deepEqual(queued(0), ["c2"]);
    assert.deepEqual(ended, ["1 done"]);
  });

  it("drops what a leader decided as such when it leads no more", () => {
    const { commands, ended, add, queued, applied } = create();
    for (const id of [1, 2, 3]) add(id, 3);
    assert.deepEqual(queued(3), ["c1", "c2", "c3"]);
    commands.proposed(3);
    applied(1);
    commands.termApplied(4);
    assert.deepEqual(queued(0), []);
    add(4, 3);
    assert.deepEqual(queued(5), []);
    const changed = "etcdserver: leader changed";
    assert.deepEqual(ended, ["1 done", `2 ${changed}`, `3 ${changed}`, `4 ${changed}`]);
  });

  it("proposes nothing twice that a snapshot may hold already", () => {
    const { commands, ended, add, queued } = create();
    add(1);
    queued(0);
    commands.proposed(3);
    add(2);
    commands.restored();
    commands.termApplied(5);
    assert.deepEqual(queued(0), ["c2"]);
    assert.deepEqual(ended, ["1 etcdserver: request timed out"]);
  });
});
