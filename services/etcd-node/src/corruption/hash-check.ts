import { type Clock, setRepeating, type Timer } from "@drydock/base";
import type { Revision } from "@drydock/mvcc";
import type { NodeId } from "@drydock/raft";
import { type CorruptionVerdict, compareHashes, type MemberHash } from "./compare-hashes.ts";

/** What a comparison of the members needs, whatever it compares. */
export interface HashCheckOptions {
  readonly clock: Clock;
  /** 0: only when asked. */
  readonly intervalMs: number;
  readonly self: NodeId;
  isLeader(): boolean;
  /** Of all members, this one too. */
  members(): readonly NodeId[];
  /** A peer's at this revision; undefined when it cannot tell now. */
  hashThere(peer: NodeId, revision: Revision): Promise<MemberHash | undefined>;
  /** Raises the alarm. */
  onCorrupt(members: readonly NodeId[], message: string): void;
}

/** Asks all peers for theirs at the revision of our own; who does not answer takes no part. */
export async function compareWithPeers(options: HashCheckOptions, own: MemberHash): Promise<CorruptionVerdict> {
  const { self, members, hashThere } = options;
  const ids = members();
  const peers = ids.filter((id) => id !== self);
  const answers = await Promise.all(peers.map((id) => hashThere(id, own.revision).catch(() => undefined)));
  return compareHashes(
    own,
    answers.filter((answer) => answer !== undefined),
    ids.length,
  );
}

/** Runs a check now and then while this member leads, never two at a time. */
export class CheckSchedule {
  readonly #options: Pick<HashCheckOptions, "clock" | "intervalMs" | "isLeader">;
  readonly #check: () => Promise<unknown>;
  #timer: Timer | undefined;
  #isRunning = false;

  constructor(options: Pick<HashCheckOptions, "clock" | "intervalMs" | "isLeader">, check: () => Promise<unknown>) {
    this.#options = options;
    this.#check = check;
  }

  start(): void {
    const { clock, intervalMs, isLeader } = this.#options;
    if (intervalMs === 0) return;
    this.#timer = setRepeating(clock, intervalMs, () => {
      if (isLeader() && !this.#isRunning) void this.#run();
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    try {
      await this.#check();
    } finally {
      this.#isRunning = false;
    }
  }
}
