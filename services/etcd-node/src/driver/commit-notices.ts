import type { Clock, Timer } from "@drydock/base";
import type { RaftNode } from "@drydock/raft";

/** A commit that no append has carried to the others by then goes to them by itself. */
const TELL_MS = 1;

export interface CommitNoticesOptions {
  readonly raft: RaftNode;
  readonly clock: Clock;
  /** Raft has something to send. */
  onReady(): void;
}

/** Sees to it that the others hear of a leader's commits soon, also when no entry follows that would tell them. */
export class CommitNotices {
  readonly #options: CommitNoticesOptions;
  #timer: Timer | undefined;

  constructor(options: CommitNoticesOptions) {
    this.#options = options;
  }

  /** This leader has committed something. Under load an append carries it on before the timer ends, and nothing is sent. */
  committed(): void {
    if (this.#timer) return;
    const { raft, clock, onReady } = this.#options;
    const { committed } = raft;
    this.#timer = clock.setTimer(TELL_MS, () => {
      this.#timer = undefined;
      raft.tellCommit(committed);
      if (raft.committed > committed) this.committed();
      if (raft.hasReady()) onReady();
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }
}
