import { type Clock, setRepeating, type Timer } from "@drydock/base";
import type { NodeId } from "@drydock/raft";
import { CorruptBackendError } from "../backend/sealed-record.ts";
import { type CorruptionVerdict, compareHashes, type MemberHash } from "./compare-hashes.ts";

export interface CorruptionCheckOptions {
  readonly clock: Clock;
  /** etcd's --corrupt-check-time; 0: only when asked. */
  readonly intervalMs: number;
  readonly self: NodeId;
  isLeader(): boolean;
  /** Of all members, this one too. */
  members(): readonly NodeId[];
  /** This member's own, at its present revision. Rejects with CorruptBackendError when its database is damaged. */
  hashHere(): Promise<MemberHash>;
  /** A peer's at this revision; undefined when it cannot tell now. */
  hashThere(peer: NodeId, revision: number): Promise<MemberHash | undefined>;
  /** Raises the alarm. */
  onCorrupt(members: readonly NodeId[], message: string): void;
}

/** Compares what the members hold: the leader now and then, and a member that starts, before it serves anybody. */
export class CorruptionCheck {
  readonly #options: CorruptionCheckOptions;
  #timer: Timer | undefined;
  #isRunning = false;

  constructor(options: CorruptionCheckOptions) {
    this.#options = options;
  }

  start(): void {
    const { clock, intervalMs, isLeader } = this.#options;
    if (intervalMs === 0) return;
    this.#timer = setRepeating(clock, intervalMs, () => {
      if (isLeader() && !this.#isRunning) void this.run();
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** One comparison; tells `onCorrupt` of whoever differs. */
  async run(): Promise<CorruptionVerdict> {
    this.#isRunning = true;
    try {
      const verdict = await this.#compare();
      if (verdict.kind === "differ") this.#options.onCorrupt(verdict.corrupt, verdict.message);
      return verdict;
    } finally {
      this.#isRunning = false;
    }
  }

  /** etcd's --experimental-initial-corrupt-check. Rejects when this member is one of those that differ. */
  async checkBeforeServing(): Promise<void> {
    const verdict = await this.#compare();
    if (verdict.kind === "differ" && verdict.corrupt.includes(this.#options.self)) throw new Error(verdict.message);
  }

  async #compare(): Promise<CorruptionVerdict> {
    const { self, members, hashHere, hashThere } = this.#options;
    let own: MemberHash;
    try {
      own = await hashHere();
    } catch (error) {
      if (!(error instanceof CorruptBackendError)) throw error;
      return { kind: "differ", corrupt: [self], message: error.message };
    }
    const ids = members();
    const peers = ids.filter((id) => id !== self);
    const answers = await Promise.all(peers.map((id) => hashThere(id, own.revision).catch(() => undefined)));
    return compareHashes(
      own,
      answers.filter((answer) => answer !== undefined),
      ids.length,
    );
  }
}
