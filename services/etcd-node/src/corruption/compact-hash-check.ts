import { type Clock, setRepeating, type Timer } from "@drydock/base";
import type { Revision } from "@drydock/mvcc";
import type { NodeId } from "@drydock/raft";
import { compareHashes, type MemberHash } from "./compare-hashes.ts";

export interface CompactHashCheckOptions {
  readonly clock: Clock;
  /** 0 for never. */
  readonly intervalMs: number;
  readonly self: NodeId;
  isLeader(): boolean;
  /** Of all members, this one too. */
  members(): readonly NodeId[];
  /** What this member remembers of its compactions, oldest first. */
  hashesHere(): readonly MemberHash[];
  /** A peer's at this revision; undefined when it cannot tell now. */
  hashThere(peer: NodeId, revision: Revision): Promise<MemberHash | undefined>;
  /** All members agree at this revision. */
  onAgreement?(revision: Revision): void;
  /** Raises the alarm. */
  onCorrupt(members: readonly NodeId[], message: string): void;
}

/**
 * Compares what the members held where they were compacted (etcd's feature CompactHashCheck): unlike the present revision, all of them have come past it
 * and nobody has to hash anything for it.
 */
export class CompactHashCheck {
  readonly #options: CompactHashCheckOptions;
  #timer: Timer | undefined;
  #isRunning = false;
  /** Up to here all members are known to agree. */
  #checked: Revision = 0;

  constructor(options: CompactHashCheckOptions) {
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

  /** Goes back from the newest until all members have answered for one, or somebody differs. */
  async run(): Promise<void> {
    this.#isRunning = true;
    try {
      const unchecked = this.#options.hashesHere().filter(({ revision }) => revision > this.#checked);
      for (const own of unchecked.reverse()) if (await this.#settles(own)) return;
    } finally {
      this.#isRunning = false;
    }
  }

  async #settles(own: MemberHash): Promise<boolean> {
    const { self, members, hashThere, onCorrupt } = this.#options;
    const ids = members();
    const peers = ids.filter((id) => id !== self);
    if (peers.length === 0) return true;
    const answers = await Promise.all(peers.map((id) => hashThere(id, own.revision).catch(() => undefined)));
    const others = answers.filter((answer) => answer !== undefined);
    const verdict = compareHashes(own, others, ids.length);
    if (verdict.kind === "differ") onCorrupt(verdict.corrupt, verdict.message);
    const haveAllAgreed = verdict.kind === "agree" && verdict.members.length === ids.length;
    if (haveAllAgreed) this.#checked = own.revision;
    if (haveAllAgreed) this.#options.onAgreement?.(own.revision);
    return haveAllAgreed || verdict.kind === "differ";
  }
}
