import type { Clock } from "@drydock/base";
import type { Command } from "@drydock/proto/drydock/raft/v1/raft";
import type { Term } from "@drydock/raft";
import type { Outcome } from "../apply/state-machine.ts";
import { errors } from "../rpc/errors.ts";

export interface ProposeOptions {
  readonly isMembership?: boolean;
  readonly onlyInTerm?: Term;
}

interface Pending {
  readonly command: Command;
  readonly data: Buffer;
  /** A change of the membership: proposed alone, and only by the leader. */
  readonly isMembership: boolean;
  /** What a leader decided as such: worth nothing in any other term. 0 for all others. */
  readonly onlyInTerm: Term;
  /** Term in which it was last given to raft; 0 while it waits for a leader. */
  proposedTerm: Term;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: Error) => void;
  readonly deadlineMs: number;
}

/** Commands proposed by this member whose outcome is not known yet. */
export class PendingCommands {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #pending = new Map<number, Pending>();
  #queue: number[] = [];
  #membershipQueue: number[] = [];
  #appliedTerm: Term = 0;
  #timedOut = 0;

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /** Given up on, ever. */
  get timedOut(): number {
    return this.#timedOut;
  }

  get size(): number {
    return this.#pending.size;
  }

  get hasQueued(): boolean {
    return this.#queue.length > 0;
  }

  /** `data` is the command as it goes into the log. Rejects when the outcome is an error, or is not known in time. */
  add(command: Command, data: Buffer, options: ProposeOptions = {}): Promise<Outcome> {
    const { id } = command;
    const { isMembership = false, onlyInTerm = 0 } = options;
    return new Promise((resolve, reject) => {
      const deadlineMs = this.#clock.monotonicMs() + this.#timeoutMs;
      this.#pending.set(id, { command, data, isMembership, onlyInTerm, proposedTerm: 0, resolve, reject, deadlineMs });
      (isMembership ? this.#membershipQueue : this.#queue).push(id);
    });
  }

  /** A command that still waits, as it was given to `add`. */
  find(id: number): Command | undefined {
    return this.#pending.get(id)?.command;
  }

  /** Called now and then: gives up on commands that waited too long. */
  sweep(): void {
    const nowMs = this.#clock.monotonicMs();
    // All wait equally long, so they are late in the order they came.
    for (const [id, { deadlineMs, proposedTerm }] of this.#pending) {
      if (deadlineMs > nowMs) return;
      this.#timedOut++;
      this.#reject(id, proposedTerm > 0 ? errors.timeout() : errors.timeoutDueToLeaderFail());
    }
  }

  /** Everything that waits to be given to raft, by a member that leads in `leadingTerm` (0: it does not lead). */
  queued(leadingTerm: Term): Buffer[] {
    for (const id of this.#queue) {
      const { onlyInTerm = 0 } = this.#pending.get(id) ?? {};
      if (onlyInTerm > 0 && onlyInTerm !== leadingTerm) this.#reject(id, errors.leaderChanged());
    }
    this.#queue = this.#queue.filter((id) => this.#pending.has(id));
    return this.#queue.map((id) => (this.#pending.get(id) as Pending).data);
  }

  /** Raft took what was queued, in this term. */
  proposed(term: Term): void {
    for (const id of this.#queue) {
      const pending = this.#pending.get(id);
      if (pending) pending.proposedTerm = term;
    }
    this.#queue = [];
  }

  /** Gives the first change of the membership that waits to `propose`, and forgets it when that says it was taken. */
  proposeMembership(propose: (data: Buffer) => Term): void {
    const id = this.#membershipQueue[0];
    if (id === undefined) return;
    const pending = this.#pending.get(id);
    if (pending) pending.proposedTerm = propose(pending.data);
    if (!pending || pending.proposedTerm > 0) this.#membershipQueue.shift();
  }

  /** This member cannot propose changes of the membership any more. */
  rejectMembership(error: () => Error): void {
    if (this.#membershipQueue.length === 0) return;
    for (const id of this.#membershipQueue.splice(0)) this.#reject(id, error());
  }

  applied(id: number, outcome: Outcome): void {
    const pending = this.#pending.get(id);
    if (!pending) return;
    this.#pending.delete(id);
    if (outcome.kind === "error") pending.reject(outcome.error);
    else pending.resolve(outcome);
  }

  /**
   * An entry of this term was applied. Commands given to raft in an earlier term that were not applied before it are lost for good
   * (raft drops proposals of old terms), so they may be proposed again without being applied twice.
   */
  termApplied(term: Term): void {
    if (term <= this.#appliedTerm) return;
    this.#appliedTerm = term;
    for (const [id, pending] of this.#pending) {
      if (pending.proposedTerm === 0 || pending.proposedTerm >= term) continue;
      pending.proposedTerm = 0;
      (pending.isMembership ? this.#membershipQueue : this.#queue).push(id);
    }
  }

  /**
   * A snapshot replaced the state: whether what was given to raft is in it cannot be told. To propose it again might do it twice, so nobody
   * is told anything but that.
   */
  restored(): void {
    for (const [id, pending] of this.#pending) if (pending.proposedTerm > 0) this.#reject(id, errors.timeout());
  }

  rejectAll(error: Error): void {
    for (const id of [...this.#pending.keys()]) this.#reject(id, error);
    this.#queue = [];
    this.#membershipQueue = [];
  }

  #reject(id: number, error: Error): void {
    const pending = this.#pending.get(id);
    if (!pending) return;
    this.#pending.delete(id);
    pending.reject(error);
  }
}
