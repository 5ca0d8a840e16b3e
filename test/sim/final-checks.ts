import {
  checkLeases,
  checkLinearizable,
  checkPastReads,
  checkWatch,
  createKvModel,
  type RevisionHistory,
  resolveUnknown,
  unattributed,
} from "@drydock/checker";
import { hashStore } from "@drydock/mvcc";
import type { Member } from "./member.ts";
import type { Recorder } from "./recorder.ts";
import { ViolationError } from "./witness.ts";

/** Counted, not timed, so that a seed gives the same verdict on any machine. */
const SEARCH_BUDGET = 4000;

/** Liveness, and the same state everywhere, once nothing goes wrong any more. */
export function checkConverged(members: readonly Member[], hasConverged: boolean): void {
  const states = members.map(({ id, process }) => ({
    id,
    applied: process?.applied,
    ...process?.raft.softState,
    revision: process?.state.store.revision,
    hash: process && hashStore(process.state.store, process.state.store.revision),
  }));
  if (!hasConverged) fail("liveness", JSON.stringify(states));
  const hashes = new Set(states.map(({ hash, revision }) => `${hash}/${revision}`));
  if (hashes.size !== 1) fail("same-hash", JSON.stringify(states));
}

/** What clients saw, against what happened. */
export function checkHistories(recorder: Recorder, history: RevisionHistory, skew: number): void {
  const gap = history.firstGap();
  if (gap !== undefined) fail("revision-gap", `nobody applied revision ${gap}`);
  const violation =
    recorder.watches.map((watch) => checkWatch(watch, history)).find((found) => found !== undefined) ??
    checkPastReads(recorder.pastReads, history) ??
    checkLeases(recorder.leaseEvents, 2 * skew);
  if (violation) throw new ViolationError(violation);
  checkOperations(recorder, history);
}

function checkOperations({ operations }: Recorder, history: RevisionHistory): void {
  const told = resolveUnknown(operations, history);
  const whole = [...told, ...unattributed(told, history, (key) => key.startsWith("lease/"))];
  let rounds = 0;
  const verdict = checkLinearizable(createKvModel(whole), whole, () => ++rounds > SEARCH_BUDGET);
  if (verdict.kind === "violation") throw new ViolationError(verdict.violation);
  if (verdict.kind === "unknown") fail("undecided", `the search took more than ${verdict.steps} steps`);
}

function fail(check: string, message: string): never {
  throw new ViolationError({ check, message, offender: "end of the run" });
}
