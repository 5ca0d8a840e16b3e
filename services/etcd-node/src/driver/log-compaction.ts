import type { Logger } from "@drydock/component";
import type { LogIndex, RaftNode, SnapshotMeta } from "@drydock/raft";
import type { LmdbBackend } from "../backend/lmdb-backend.ts";
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
  onFatal(error: unknown): void;
}

/** Where the log is to be cut, once the state up to there is on the disk. */
interface Cut {
  readonly at: SnapshotMeta;
  isCovered: boolean;
}

/**
 * Cuts the log behind what the state on the disk covers. A busy member does so several times a second, all members at the same entry: so nobody waits for the
 * disk until the state is there, nor for segments to be released.
 */
export class LogCompaction {
  readonly #options: LogCompactionOptions;
  #lastIndex: LogIndex;
  #next: Cut | undefined;
  #releasing: Promise<void> = Promise.resolve();

  /** `lastIndex`: where the log begins. */
  constructor(options: LogCompactionOptions, lastIndex: LogIndex) {
    this.#options = options;
    this.#lastIndex = lastIndex;
  }

  /** A snapshot from the leader took the log's place. */
  restarted(index: LogIndex): void {
    this.#lastIndex = index;
    this.#next = undefined;
  }

  /** To be called now and then, while nothing is being saved. Rejects when the log cannot be written. */
  async maybeCompact({ backend }: State): Promise<void> {
    if (!this.#next) this.#begin(backend);
    else if (this.#next.isCovered) await this.#cut(this.#next.at);
  }

  /** Resolves when it touches the log no more. */
  async stop(): Promise<void> {
    this.#next = undefined;
    await this.#releasing;
  }

  #begin(backend: LmdbBackend): void {
    const { raft, snapshotCount, catchUpEntries, onFatal } = this.#options;
    const mark = backend.applied();
    if (!mark || mark.index - this.#lastIndex < snapshotCount + catchUpEntries) return;
    const index = mark.index - catchUpEntries;
    const term = raft.termAt(index);
    if (term === undefined) return;
    const next: Cut = { at: { index, term, configuration: raft.configuration }, isCovered: false };
    this.#next = next;
    backend.sync().then(
      () => {
        next.isCovered = true;
      },
      (error: unknown) => {
        if (this.#next === next) onFatal(error);
      },
    );
  }

  async #cut(at: SnapshotMeta): Promise<void> {
    const { raft, wal, failpoint, logger, onFatal } = this.#options;
    failpoint("compact-before-save");
    await wal.save([{ kind: "snapshot", snapshot: at }]);
    failpoint("compact-before-release");
    this.#releasing = this.#releasing
      .then(() => wal.release(at.index))
      .then(() => void failpoint("compact-after-release"))
      .catch(onFatal);
    raft.compact(at.index);
    this.#lastIndex = at.index;
    this.#next = undefined;
    logger.info({ index: at.index }, "compacted the log");
  }
}
