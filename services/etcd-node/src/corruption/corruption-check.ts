import { CorruptBackendError } from "../backend/sealed-record.ts";
import type { CorruptionVerdict, MemberHash } from "./compare-hashes.ts";
import { CheckSchedule, compareWithPeers, type HashCheckOptions } from "./hash-check.ts";

export interface CorruptionCheckOptions extends HashCheckOptions {
  /** This member's own, at its present revision. Rejects with CorruptBackendError when its database is damaged. */
  hashHere(): Promise<MemberHash>;
}

/** Compares what the members hold: the leader now and then (etcd's --corrupt-check-time), and a member that starts, before it serves anybody. */
export class CorruptionCheck {
  readonly #options: CorruptionCheckOptions;
  readonly #schedule: CheckSchedule;

  constructor(options: CorruptionCheckOptions) {
    this.#options = options;
    this.#schedule = new CheckSchedule(options, () => this.run());
  }

  start(): void {
    this.#schedule.start();
  }

  stop(): void {
    this.#schedule.stop();
  }

  /** One comparison; tells `onCorrupt` of whoever differs. */
  async run(): Promise<CorruptionVerdict> {
    const verdict = await this.#compare();
    if (verdict.kind === "differ") this.#options.onCorrupt(verdict.corrupt, verdict.message);
    return verdict;
  }

  /** etcd's --experimental-initial-corrupt-check. Rejects when this member is one of those that differ. */
  async checkBeforeServing(): Promise<void> {
    const verdict = await this.#compare();
    if (verdict.kind === "differ" && verdict.corrupt.includes(this.#options.self)) throw new Error(verdict.message);
  }

  async #compare(): Promise<CorruptionVerdict> {
    const { self, hashHere } = this.#options;
    let own: MemberHash;
    try {
      own = await hashHere();
    } catch (error) {
      if (!(error instanceof CorruptBackendError)) throw error;
      return { kind: "differ", corrupt: [self], message: error.message };
    }
    return compareWithPeers(this.#options, own);
  }
}
