import type { Revision } from "@drydock/mvcc";
import type { MemberHash } from "./compare-hashes.ts";
import { CheckSchedule, compareWithPeers, type HashCheckOptions } from "./hash-check.ts";

export interface CompactHashCheckOptions extends HashCheckOptions {
  /** What this member remembers of its compactions, oldest first. */
  hashesHere(): readonly MemberHash[];
  /** All members agree at this revision. */
  onAgreement?(revision: Revision): void;
}

/**
 * Compares what the members held where they were compacted (etcd's feature CompactHashCheck): unlike the present revision, all of them have come past it
 * and nobody has to hash anything for it.
 */
export class CompactHashCheck {
  readonly #options: CompactHashCheckOptions;
  readonly #schedule: CheckSchedule;
  /** Up to here all members are known to agree. */
  #checked: Revision = 0;

  constructor(options: CompactHashCheckOptions) {
    this.#options = options;
    this.#schedule = new CheckSchedule(options, () => this.run());
  }

  start(): void {
    this.#schedule.start();
  }

  stop(): void {
    this.#schedule.stop();
  }

  /** Goes back from the newest until all members have answered for one, or somebody differs. */
  async run(): Promise<void> {
    const unchecked = this.#options.hashesHere().filter(({ revision }) => revision > this.#checked);
    for (const own of unchecked.reverse()) if (await this.#settles(own)) return;
  }

  async #settles(own: MemberHash): Promise<boolean> {
    const { members, onAgreement, onCorrupt } = this.#options;
    const count = members().length;
    if (count === 1) return true;
    const verdict = await compareWithPeers(this.#options, own);
    if (verdict.kind === "differ") onCorrupt(verdict.corrupt, verdict.message);
    const haveAllAgreed = verdict.kind === "agree" && verdict.members.length === count;
    if (haveAllAgreed) this.#checked = own.revision;
    if (haveAllAgreed) onAgreement?.(own.revision);
    return haveAllAgreed || verdict.kind === "differ";
  }
}
