import {
  checkAppendList,
  checkLeases,
  checkLinearizable,
  checkLocks,
  checkPastReads,
  checkWatch,
  createKvModel,
  type RevisionHistory,
  resolveUnknown,
  unattributed,
  type Violation,
} from "@drydock/checker";
import type { Recorder } from "./recorder.ts";
import { isLeased } from "./watching.ts";

const BUDGET_MS = 30_000;

/** Everything that the history of a run breaks. */
export function checkRun(recorder: Recorder, history: RevisionHistory): Violation[] {
  const gap = history.firstGap();
  const missing: Violation | undefined =
    gap === undefined
      ? undefined
      : { check: "watch-reliable", message: `no watch has seen revision ${gap}`, offender: `revision ${gap}` };
  return [
    missing,
    ...recorder.watches.map((watch) => checkWatch(watch, history)),
    checkOperations(recorder, history),
    checkPastReads(recorder.pastReads, history),
    checkAppendList(recorder.lists),
    checkLeases(recorder.leaseEvents),
    checkLocks(recorder.lockHolds),
  ].filter((violation) => violation !== undefined);
}

/** An acknowledged write that is lost is one that the last read, or the history, does not have: it shows here. */
function checkOperations({ operations }: Recorder, history: RevisionHistory): Violation | undefined {
  const told = resolveUnknown(operations, history);
  const whole = [...told, ...unattributed(told, history, isLeased)];
  const deadlineMs = performance.now() + BUDGET_MS;
  const verdict = checkLinearizable(createKvModel(whole), whole, () => performance.now() > deadlineMs);
  if (verdict.kind === "violation") return verdict.violation;
  if (verdict.kind === "linearizable") return undefined;
  return { check: "linearizable", message: `undecided after ${verdict.steps} steps`, offender: "end" };
}
