import type { Logger } from "@drydock/component";
import type { LogIndex, RaftNode } from "@drydock/raft";
import type { Wal } from "../wal/wal.ts";
import type { FailpointHook } from "./failpoints.ts";
import type { State } from "./open-state.ts";

export interface LogCompactionOptions {
  readonly raft: RaftNode;
  readonly wal: Wal;
  /** Entries applied between two compactions. */
  readonly snapshotCount: number;
  /** Entries kept behind the compaction point for members that lag a little. */
  readonly catchUpEntries: number;
  readonly failpoint: FailpointHook;
  readonly logger: Logger;
}

/** Cuts the log behind what the state on the disk covers. */
export class LogCompaction {
  readonly #options: LogCompactionOptions;
  #lastIndex: LogIndex;

  /** `lastIndex`: where the log begins. */
  constructor(options: LogCompactionOptions, lastIndex: LogIndex) {
    this.#options = options;
    this.#lastIndex = lastIndex;
  }

  /** A snapshot from the leader took the log's place. */
  restarted(index: LogIndex): void {
    this.#lastIndex = index;
  }

  async maybeCompact({ backend }: State): Promise<void> {
    const { raft, wal, snapshotCount, catchUpEntries, failpoint, logger } = this.#options;
    const mark = backend.applied();
    if (!mark || mark.index - this.#lastIndex < snapshotCount + catchUpEntries) return;
    const index = mark.index - catchUpEntries;
    const term = raft.termAt(index);
    if (term === undefined) return;
    await backend.sync();
    failpoint("compact-before-save");
    await wal.save([{ kind: "snapshot", snapshot: { index, term, configuration: raft.configuration } }]);
    failpoint("compact-before-release");
    await wal.release(index);
    failpoint("compact-after-release");
    raft.compact(index);
    this.#lastIndex = index;
    logger.info({ index }, "compacted the log");
  }
}
