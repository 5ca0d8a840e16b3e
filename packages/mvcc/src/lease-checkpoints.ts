import type { Lessor } from "./lessor.ts";
import type { LeaseId } from "./types.ts";

export interface LeaseCheckpoint {
  readonly id: LeaseId;
  /** 0 takes an earlier checkpoint back. */
  readonly remainingSeconds: number;
}

export interface LeaseCheckpointOptions {
  /** A lease is due when the log says so much more than it has left. */
  readonly intervalMs: number;
  /** At one time. */
  readonly limit: number;
}

/**
 * A leader's account of what it tells the log of the time that leases have left, so that the next leader does not give them all of it again. A
 * renewal makes a checkpoint void: nobody may be told of it before the log has taken the checkpoint back.
 */
export class LeaseCheckpoints {
  readonly #options: LeaseCheckpointOptions;
  /** Proposed, and not seen to be applied. */
  readonly #underWay = new Set<LeaseId>();

  constructor(options: LeaseCheckpointOptions) {
    this.#options = options;
  }

  /** What is to be proposed now; what gets lost is due again at the next look. */
  begin(lessor: Lessor, nowMs: number): LeaseCheckpoint[] {
    // Of leases that ended before their checkpoint was seen.
    for (const id of this.#underWay) if (!lessor.get(id)) this.#underWay.delete(id);
    const due = lessor.checkpointsDue(nowMs, this.#options.intervalMs, this.#options.limit);
    for (const { id } of due) this.#underWay.add(id);
    return due;
  }

  applied(checkpoints: readonly LeaseCheckpoint[]): void {
    for (const { id } of checkpoints) this.#underWay.delete(id);
  }

  /** Of a lease that was just renewed: what must be applied before the renewal is told to anybody. */
  takenBack(lessor: Lessor, id: LeaseId): LeaseCheckpoint | undefined {
    const isNoted = this.#underWay.has(id) || (lessor.get(id)?.remainingSeconds ?? 0) > 0;
    return isNoted ? { id, remainingSeconds: 0 } : undefined;
  }
}
