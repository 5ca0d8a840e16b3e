import assert from "node:assert/strict";
import { createPrng } from "@drydock/base";
import { type Entry, type Message, RaftNode } from "@drydock/raft";
import type { LmdbBackend } from "../backend/lmdb-backend.ts";
import type { Wal } from "../wal/wal.ts";
import { Inbox } from "./inbox.ts";
import { saveBesideApplying } from "./save-beside.ts";
import { Wakeup } from "./wakeup.ts";

const configuration = { voters: ["1", "2", "3"], outgoing: [], learners: [] };

function createNode(id: string): RaftNode {
  return new RaftNode({
    id,
    electionTicks: 10,
    heartbeatTicks: 1,
    maxBytesPerMessage: 1_000_000,
    maxInflightMessages: 8,
    prng: createPrng(Number(id)),
    restored: {
      hardState: { term: 1, vote: "", commit: 1 },
      entries: [],
      snapshot: { index: 1, term: 1, configuration },
      configuration,
      applied: 1,
    },
  });
}

/** Three members whose logs are saved at once; what "1" is to do next can be left to the test. */
class Group {
  readonly leader = createNode("1");
  readonly others = [createNode("2"), createNode("3")];

  constructor() {
    this.leader.campaign();
    for (let round = 0; round < 10; round++) this.deliver([...take(this.leader), ...this.others.flatMap(take)]);
    assert.equal(this.leader.softState.role, "leader");
  }

  deliver(messages: readonly Message[]): void {
    for (const message of messages) [this.leader, ...this.others][Number(message.to) - 1]?.step(message);
  }
}

function take(node: RaftNode): Message[] {
  if (!node.hasReady()) return [];
  const { messagesBeforeSave, messages } = node.ready();
  node.advance();
  return [...messagesBeforeSave, ...messages];
}

const turns = async () => {
  for (let count = 0; count < 3; count++) await new Promise((resolve) => setImmediate(resolve));
};

/** A leader that has begun to save what was proposed, as the others have already. */
async function begin(propose: (leader: RaftNode) => void) {
  const group = new Group();
  const { leader, others } = group;
  propose(leader);
  const ready = leader.ready();
  group.deliver(ready.messagesBeforeSave);
  const answers = others.flatMap(take);
  const disk = Promise.withResolvers<void>();
  const applied: string[] = [];
  const held: Promise<void>[] = [];
  const [inbox, wakeup] = [new Inbox(), new Wakeup()];
  const apply = (entries: readonly Entry[]) =>
    void applied.push(...entries.map(({ data }) => String(Buffer.from(data))));
  const wal = { save: () => disk.promise } as unknown as Wal;
  const backend = { holdUntil: (saved: Promise<void>) => void held.push(saved) } as unknown as LmdbBackend;
  let isOver = false;
  const saving = saveBesideApplying(ready, ready.committed, backend, {
    raft: leader,
    wal,
    inbox,
    wakeup,
    apply,
  }).finally(() => {
    isOver = true;
  });
  saving.catch(() => {});
  const hear = async (messages: readonly Message[]) => {
    inbox.add(messages);
    wakeup.signal();
    await turns();
  };
  await turns();
  return { leader, answers, disk, applied, held, saving, hear, isOver: () => isOver };
}

describe("a leader that saves", () => {
  it("answers for what enough others have on their disks, however slow its own is", async () => {
    const run = await begin((leader) => void leader.propose([Buffer.from("a"), Buffer.from("b")]));
    assert.ok(run.leader.othersCanCommit);
    const [first, second] = run.answers as [Message, Message];
    await run.hear([first]);
    assert.deepEqual(run.applied, []);
    await run.hear([second]);
    assert.deepEqual(run.applied, ["a", "b"]);
    assert.equal(run.held.length, 1, "what was applied must not be written before the log");
    assert.equal(run.isOver(), false);
    run.disk.resolve();
    await run.saving;
    run.leader.advance();
    assert.equal(run.leader.applied, run.leader.lastIndex);
    assert.deepEqual(run.leader.ready().committed, []);
  });

  it("leaves a change of the members, and what follows it, until it has saved", async () => {
    const run = await begin((leader) => {
      leader.propose([Buffer.from("a")]);
      leader.proposeConfiguration(Buffer.from("members"));
      leader.propose([Buffer.from("b")]);
    });
    await run.hear(run.answers);
    assert.deepEqual(run.applied, ["a"]);
    run.disk.resolve();
    await run.saving;
    run.leader.advance();
    assert.deepEqual(
      run.leader.ready().committed.map(({ data }) => String(Buffer.from(data))),
      ["members", "b"],
    );
  });

  it("fails when its log cannot be written", async () => {
    const run = await begin((leader) => void leader.propose([Buffer.from("a")]));
    await run.hear(run.answers);
    run.disk.reject(new Error("no space left"));
    await assert.rejects(run.saving, /no space left/);
    await assert.rejects(run.held[0] as Promise<void>, /no space left/);
  });

  it("is needed where not enough others follow", () => {
    const { leader, others } = new Group();
    leader.reportUnreachable("3");
    assert.equal(leader.othersCanCommit, false);
    assert.equal((others[0] as RaftNode).othersCanCommit, false);
  });
});
