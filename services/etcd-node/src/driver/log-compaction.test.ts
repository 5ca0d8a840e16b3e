import assert from "node:assert/strict";
import type { Configuration, RaftNode } from "@drydock/raft";
import type { AppliedMark } from "../backend/lmdb-backend.ts";
import type { Wal } from "../wal/wal.ts";
import { LogCompaction, type LogCompactionOptions } from "./log-compaction.ts";
import type { State } from "./open-state.ts";

const EVERY = 10;
const KEPT = 4;

/** A log compaction whose disk answers when the test says so. */
class Played {
  readonly done: string[] = [];
  readonly configuration: Configuration = { voters: ["1"], outgoing: [], learners: [] };
  readonly raft = {
    configuration: this.configuration,
    termAt: () => 3,
    compact: (index: number) => void this.done.push(`forgotten ${index}`),
  };
  applied = 0;
  disk = Promise.withResolvers<void>();
  readonly compaction: LogCompaction;
  readonly #state: State;

  constructor() {
    const wal: Pick<Wal, "save" | "release"> = {
      save: async ([record]) => {
        assert.ok(record?.kind === "snapshot");
        const { index, term, configuration } = record.snapshot;
        this.done.push(`cut ${index} of ${term} by ${configuration.voters.join()}`);
      },
      release: async (index) => void this.done.push(`released ${index}`),
    };
    const options: Omit<LogCompactionOptions, "raft" | "wal" | "logger"> = {
      snapshotCount: EVERY,
      catchUpEntries: KEPT,
      failpoint: () => undefined,
      onFatal: (error) => void this.done.push(String(error)),
    };
    const logger = { info: () => {} } as unknown as LogCompactionOptions["logger"];
    this.compaction = new LogCompaction(
      { ...options, logger, raft: this.raft as unknown as RaftNode, wal: wal as Wal },
      0,
    );
    const mark = (): AppliedMark => ({ index: this.applied, term: 3, configuration: this.configuration });
    this.#state = { backend: { applied: mark, sync: () => this.disk.promise } } as unknown as State;
  }

  async turn(applied = this.applied): Promise<void> {
    this.applied = applied;
    await this.compaction.maybeCompact(this.#state);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe("LogCompaction", () => {
  it("cuts the log where the state was when it set out for the disk, once it is there", async () => {
    const played = new Played();
    await played.turn(13);
    await played.turn(14);
    played.raft.configuration = { ...played.configuration, voters: ["1", "2"] };
    await played.turn(30);
    assert.deepEqual(played.done, []);
    played.disk.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(played.done, []);
    await played.turn();
    assert.deepEqual(played.done, ["cut 10 of 3 by 1", "forgotten 10", "released 10"]);
    await played.turn();
    await played.turn();
    assert.deepEqual(played.done.slice(3), ["cut 26 of 3 by 1,2", "forgotten 26", "released 26"]);
    await played.turn(39);
    await played.turn();
    assert.equal(played.done.length, 6);
  });

  it("forgets what it was about when a snapshot takes the log's place, and what fails then", async () => {
    const played = new Played();
    await played.turn(20);
    played.compaction.restarted(100);
    played.disk.reject(new Error("closed"));
    await played.turn(101);
    assert.deepEqual(played.done, []);
  });

  it("tells when the disk fails", async () => {
    const played = new Played();
    await played.turn(20);
    played.disk.reject(new Error("no disk"));
    await played.turn();
    assert.deepEqual(played.done, ["Error: no disk"]);
  });
});
