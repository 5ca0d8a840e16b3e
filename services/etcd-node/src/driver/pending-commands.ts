import { type Clock, IdTable } from "@drydock/base";
import type { Command } from "@drydock/proto/drydock/raft/v1/raft";
import type { Term } from "@drydock/raft";
import type { Outcome } from "../apply/state-machine.ts";
import { errors } from "../rpc/errors.ts";

export interface ProposeOptions {
  readonly isMembership?: boolean;
  readonly onlyInTerm?: Term;
}

/** Who waits for a command: one of the two, once. */
export interface Waiter {
  settled(outcome: Outcome): void;
  /** The outcome is an error, or is not known in time. */
  failed(error: Error): void;
}

interface Pending {
  /** The command's. */
  readonly id: number;
  readonly command: Command;
  readonly data: Buffer;
  /** A change of the membership: proposed alone, and only by the leader. */
  readonly isMembership: boolean;
  /** What a leader decided as such: worth nothing in any other term. 0 for all others. */
  readonly onlyInTerm: Term;
  readonly waiter: Waiter;
  readonly deadlineMs: number;
  /** Term in which it was last given to raft; 0 while it waits for a leader. */
  proposedTerm: Term;
  isOver: boolean;
}

/** Commands proposed by this member whose outcome is not known yet. */
export class PendingCommands {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #pending = new IdTable<Pending>();
  #queue: Pending[] = [];
  #membershipQueue: Pending[] = [];
  /** What was applied and not told yet. */
  #outcomes: { readonly waiter: Waiter; readonly outcome: Outcome }[] = [];
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

  /** `data` is the command as it goes into the log. */
  add(command: Command, data: Buffer, waiter: Waiter, options: ProposeOptions = {}): void {
    const { isMembership = false, onlyInTerm = 0 } = options;
    const deadlineMs = this.#clock.monotonicMs() + this.#timeoutMs;
    const { id } = command;
    const pending = { id, command, data, isMembership, onlyInTerm, waiter, deadlineMs, proposedTerm: 0, isOver: false };
    this.#pending.add(pending);
    (isMembership ? this.#membershipQueue : this.#queue).push(pending);
  }

  /** A command that still waits, as it was given to `add`. */
  find(id: number): Command | undefined {
    return this.#pending.get(id)?.command;
  }

  /** Called now and then: gives up on commands that waited too long. */
  sweep(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const pending of this.#inOrder()) {
      // All wait equally long, so they are late in the order they came.
      if (pending.deadlineMs > nowMs) return;
      this.#timedOut++;
      this.#reject(pending, pending.proposedTerm > 0 ? errors.timeout() : errors.timeoutDueToLeaderFail());
    }
  }

  /** Everything that waits to be given to raft, by a member that leads in `leadingTerm` (0: it does not lead). */
  queued(leadingTerm: Term): Buffer[] {
    for (const pending of this.#queue)
      if (pending.onlyInTerm > 0 && pending.onlyInTerm !== leadingTerm) this.#reject(pending, errors.leaderChanged());
    if (this.#queue.some(({ isOver }) => isOver)) this.#queue = this.#queue.filter(({ isOver }) => !isOver);
    return this.#queue.map(({ data }) => data);
  }

  /** Raft took what was queued, in this term. */
  proposed(term: Term): void {
    for (const pending of this.#queue) pending.proposedTerm = term;
    this.#queue = [];
  }

  /** Gives the first change of the membership that waits to `propose`, and forgets it when that says it was taken. */
  proposeMembership(propose: (data: Buffer) => Term): void {
    const pending = this.#membershipQueue[0];
    if (!pending) return;
    if (!pending.isOver) pending.proposedTerm = propose(pending.data);
    if (pending.isOver || pending.proposedTerm > 0) this.#membershipQueue.shift();
  }

  /** This member cannot propose changes of the membership any more. */
  rejectMembership(error: () => Error): void {
    if (this.#membershipQueue.length === 0) return;
    for (const pending of this.#membershipQueue.splice(0)) this.#reject(pending, error());
  }

  /** Its waiter is told by `tellOutcomes`. */
  applied(id: number, outcome: Outcome): void {
    const pending = this.#pending.get(id);
    if (!pending) return;
    this.#end(pending);
    this.#outcomes.push({ waiter: pending.waiter, outcome });
  }

  /** Called when all that was committed has been applied. */
  tellOutcomes(): void {
    const outcomes = this.#outcomes;
    if (outcomes.length === 0) return;
    this.#outcomes = [];
    for (const { waiter, outcome } of outcomes)
      if (outcome.kind === "error") waiter.failed(outcome.error);
      else waiter.settled(outcome);
  }

  /**
   * An entry of this term was applied. Commands given to raft in an earlier term that were not applied before it are lost for good
   * (raft drops proposals of old terms), so they may be proposed again without being applied twice.
   */
  termApplied(term: Term): void {
    if (term <= this.#appliedTerm) return;
    this.#appliedTerm = term;
    for (const pending of this.#inOrder()) {
      if (pending.proposedTerm === 0 || pending.proposedTerm >= term) continue;
      pending.proposedTerm = 0;
      (pending.isMembership ? this.#membershipQueue : this.#queue).push(pending);
    }
  }

  /**
   * A snapshot replaced the state: whether what was given to raft is in it cannot be told. To propose it again might do it twice, so nobody
   * is told anything but that.
   */
  restored(): void {
    for (const pending of this.#inOrder()) if (pending.proposedTerm > 0) this.#reject(pending, errors.timeout());
  }

  rejectAll(error: Error): void {
    for (const pending of this.#inOrder()) this.#reject(pending, error);
    this.#queue = [];
    this.#membershipQueue = [];
  }

  #reject(pending: Pending, error: Error): void {
    if (pending.isOver) return;
    this.#end(pending);
    pending.waiter.failed(error);
  }

  #end(pending: Pending): void {
    pending.isOver = true;
    this.#pending.delete(pending);
  }

  /** Ids are given in the order of `add`. */
  #inOrder(): Pending[] {
    return this.#pending.all().sort((a, b) => a.id - b.id);
  }
}
