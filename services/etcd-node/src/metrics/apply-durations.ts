import type { Command } from "@drydock/proto/drydock/raft/v1/raft";
import { DurationHistogram, doublingBounds } from "./duration-histogram.ts";

type Request = NonNullable<Command["request"]>;

const BOUNDS = doublingBounds(0.0001, 20);

/** etcd's names. Changes of the membership are not among what it counts. */
const OPERATIONS: Readonly<Partial<Record<Request["$case"], string>>> = {
  put: "Put",
  deleteRange: "DeleteRange",
  txn: "Txn",
  compaction: "Compaction",
  leaseGrant: "LeaseGrant",
  leaseRevoke: "LeaseRevoke",
  leaseCheckpoint: "LeaseCheckpoint",
  alarm: "Alarm",
  publish: "ClusterMemberAttrSet",
  clusterVersion: "ClusterVersionSet",
  downgrade: "DowngradeInfoSet",
};

/** How long one kind of command took, by its outcome. */
class Operation {
  readonly succeeded = new DurationHistogram(BOUNDS);
  readonly failed = new DurationHistogram(BOUNDS);
  /** In the turn that runs. */
  successes = 0;
  failures = 0;

  told(eachMs: number): void {
    this.succeeded.observe(eachMs, this.successes);
    this.failed.observe(eachMs, this.failures);
    this.successes = this.failures = 0;
  }
}

/**
 * How long applying takes, by kind of command. The clock is read once a turn, not once a command, which would cost more than the command: each of a turn
 * counts with the mean of them all, so that sums and counts are exact.
 */
export class ApplyDurations {
  readonly #operations = new Map<string, Operation>();
  readonly #ofTurn = new Set<Operation>();
  #count = 0;

  applied(request: Request, hasSucceeded: boolean): void {
    this.#count++;
    const operation = this.#of(request);
    if (!operation) return;
    this.#ofTurn.add(operation);
    if (hasSucceeded) operation.successes++;
    else operation.failures++;
  }

  /** What was applied since the last call took so long together. */
  turned(ms: number): void {
    for (const operation of this.#ofTurn) operation.told(ms / this.#count);
    this.#ofTurn.clear();
    this.#count = 0;
  }

  *histograms(): Iterable<{ op: string; success: boolean; histogram: DurationHistogram }> {
    for (const [op, { succeeded, failed }] of this.#operations) {
      if (succeeded.count > 0) yield { op, success: true, histogram: succeeded };
      if (failed.count > 0) yield { op, success: false, histogram: failed };
    }
  }

  #of(request: Request): Operation | undefined {
    const name = request.$case === "auth" ? nameOfAuth(request.value.request?.$case) : OPERATIONS[request.$case];
    if (name === undefined) return undefined;
    const known = this.#operations.get(name);
    if (known) return known;
    const operation = new Operation();
    this.#operations.set(name, operation);
    return operation;
  }
}

/** `userAdd` is `AuthUserAdd`. */
function nameOfAuth(change: string | undefined): string | undefined {
  if (change === undefined) return undefined;
  return change === "assignToken" ? "Authenticate" : `Auth${change.slice(0, 1).toUpperCase()}${change.slice(1)}`;
}
