import { deepEqual, type FieldError, FieldPath, fieldErrors, omittedValue } from "@drydock/apimachinery";
import type { V1Job, V1JobStatus } from "@drydock/kube-api";
import { type Finding, findings, nonNegative } from "../meta/rules.ts";
import { parseIndexes } from "./parse-indexes.ts";

const STATUS = FieldPath.of("status");
const CONDITIONS = STATUS.child("conditions");

/** What of a Job's status has changed: what has not is let be, whatever it is (KEP-4368). */
interface Changes {
  readonly now: Facts;
  readonly old: Facts;
  /** Whether one of these fields or facts differs. */
  differs(...names: readonly (keyof Facts | keyof V1JobStatus)[]): boolean;
}

interface Facts {
  readonly isComplete: boolean;
  readonly isFailed: boolean;
  readonly isFinished: boolean;
  readonly isFailureTarget: boolean;
  readonly isSuccessful: boolean;
}

function isTrue({ status }: V1Job, type: string): boolean {
  return status?.conditions?.some((item) => item.type === type && item.status === "True") ?? false;
}

function factsOf(job: V1Job): Facts {
  const [isComplete, isFailed] = [isTrue(job, "Complete"), isTrue(job, "Failed")];
  return {
    isComplete,
    isFailed,
    isFinished: isComplete || isFailed,
    isFailureTarget: isTrue(job, "FailureTarget"),
    isSuccessful: isTrue(job, "SuccessCriteriaMet"),
  };
}

function changesOf(job: V1Job, old: V1Job): Changes {
  const [now, before] = [factsOf(job), factsOf(old)];
  const all = (facts: Facts, status: V1JobStatus = {}): Readonly<Record<string, unknown>> => ({ ...status, ...facts });
  const [left, right] = [all(now, job.status), all(before, old.status)];
  const meant = (name: string, value: unknown) => (name === "active" ? (value ?? 0) : (value ?? undefined));
  return {
    now,
    old: before,
    differs: (...names) => names.some((name) => !deepEqual(meant(name, left[name]), meant(name, right[name]))),
  };
}

/** Upstream's ValidateJobStatusUpdate, whoever manages the Job. */
export function validateJobStatusUpdate(job: V1Job, old: V1Job): FieldError[] {
  const { status = {} } = job;
  const changes = changesOf(job, old);
  const counts = ["active", "succeeded", "failed", "ready", "terminating"] as const;
  return findings(
    counts.map((field) => nonNegative(status[field], STATUS.child(field))),
    validateUncounted(status),
    validateConditions(changes),
    validateTimes(status, changes),
    validateEnd(job, changes),
    validateIndexes(job, changes),
    validateNumbers(status, changes),
    validateSuccess(job, changes),
    validateTransitions(job, old, changes),
  );
}

function validateUncounted({ uncountedTerminatedPods }: V1JobStatus): Finding {
  const seen = new Set<string>();
  return (["succeeded", "failed"] as const).map((list) =>
    (uncountedTerminatedPods?.[list] ?? []).map((uid, index): Finding => {
      const path = STATUS.child("uncountedTerminatedPods", list).index(index);
      if (uid === "") return fieldErrors.invalid(path, uid, "must not be empty");
      if (seen.has(uid)) return fieldErrors.duplicate(path, uid);
      seen.add(uid);
      return undefined;
    }),
  );
}

const onConditions = (text: string) => fieldErrors.invalid(CONDITIONS, omittedValue, text);

function validateConditions({ now, differs }: Changes): Finding {
  return [
    differs("isComplete", "isFailed") &&
      now.isComplete &&
      now.isFailed &&
      onConditions("cannot set Complete=True and Failed=true conditions"),
    differs("isComplete", "isFailureTarget") &&
      now.isComplete &&
      now.isFailureTarget &&
      onConditions("cannot set Complete=True and FailureTarget=true conditions"),
  ];
}

function validateTimes({ startTime, completionTime }: V1JobStatus, { now, differs }: Changes): Finding {
  const path = STATUS.child("completionTime");
  const isEarly = startTime && completionTime && Date.parse(completionTime) < Date.parse(startTime);
  const isNew = differs("isComplete", "completionTime");
  return [
    isNew &&
      completionTime &&
      !now.isComplete &&
      fieldErrors.invalid(path, completionTime, "cannot set completionTime when there is no Complete=True condition"),
    isNew &&
      !completionTime &&
      now.isComplete &&
      fieldErrors.required(path, "completionTime is required for Complete jobs"),
    differs("startTime", "completionTime") &&
      isEarly &&
      fieldErrors.invalid(path, completionTime, "must be equal to or after `startTime`"),
  ];
}

function validateEnd({ spec, status = {} }: V1Job, { now, differs }: Changes): Finding {
  const { active = 0, uncountedTerminatedPods: uncounted } = status;
  const isIdle = spec?.suspend === true && spec.completions === 0;
  const left = (uncounted?.succeeded ?? []).length + (uncounted?.failed ?? []).length;
  return [
    differs("isFailed", "failedIndexes") &&
      now.isFailed &&
      !now.isFailureTarget &&
      onConditions("cannot set Failed=True condition without the FailureTarget=true condition"),
    differs("isComplete", "isSuccessful") &&
      now.isComplete &&
      !now.isSuccessful &&
      onConditions("cannot set Complete=True condition without the SuccessCriteriaMet=true condition"),
    differs("isFinished", "active") &&
      now.isFinished &&
      active > 0 &&
      fieldErrors.invalid(STATUS.child("active"), active, "active>0 is invalid for finished job"),
    differs("isFinished", "startTime") &&
      !isIdle &&
      now.isFinished &&
      !status.startTime &&
      fieldErrors.required(STATUS.child("startTime"), "startTime is required for finished job"),
    differs("isFinished", "uncountedTerminatedPods") &&
      now.isFinished &&
      left > 0 &&
      fieldErrors.invalid(STATUS.child("uncountedTerminatedPods"), uncounted, "must be empty for finished job"),
  ];
}

function validateIndexes({ spec, status = {} }: V1Job, { differs }: Changes): Finding {
  const { completedIndexes = "", failedIndexes } = status;
  const { completions, backoffLimitPerIndex } = spec ?? {};
  const wrong = (field: "completedIndexes" | "failedIndexes", value: string, why: string | undefined): Finding =>
    why !== undefined && fieldErrors.invalid(STATUS.child(field), value, why);
  const parsed = (field: "completedIndexes" | "failedIndexes", value: string): Finding => {
    const { error } = parseIndexes(value, completions ?? 0);
    return wrong(field, value, error && `error parsing ${field}: ${error}`);
  };
  const isNewly = { completed: differs("completedIndexes"), failed: differs("failedIndexes") };
  return [
    isNewly.completed && completions !== undefined && parsed("completedIndexes", completedIndexes),
    isNewly.failed &&
      completions !== undefined &&
      backoffLimitPerIndex !== undefined &&
      failedIndexes !== undefined &&
      parsed("failedIndexes", failedIndexes),
    isNewly.completed &&
      completedIndexes !== "" &&
      spec?.completionMode !== "Indexed" &&
      wrong(
        "completedIndexes",
        completedIndexes,
        "cannot set non-empty completedIndexes when non-indexed completion mode",
      ),
    isNewly.failed &&
      failedIndexes !== undefined &&
      backoffLimitPerIndex === undefined &&
      wrong("failedIndexes", failedIndexes, "cannot set non-null failedIndexes when backoffLimitPerIndex is null"),
    (isNewly.failed || isNewly.completed) &&
      failedIndexes !== undefined &&
      completions !== undefined &&
      wrong("failedIndexes", failedIndexes, overlapOf(completedIndexes, failedIndexes, completions)),
  ];
}

/** The first index that is in both, of what can be read. */
function overlapOf(completed: string, failed: string, completions: number): string | undefined {
  const intervals = (text: string) =>
    text.split(",").flatMap((part) => {
      if (part === "" || parseIndexes(part, completions).error !== undefined) return [];
      const [first = 0, end = first] = part.split("-").map(Number);
      return [{ first, end }];
    });
  for (const one of intervals(completed))
    for (const other of intervals(failed))
      if (one.first <= other.end && other.first <= one.end)
        return `failedIndexes and completedIndexes overlap at index: ${Math.max(one.first, other.first)}`;
  return undefined;
}

function validateNumbers({ terminating, ready, active = 0 }: V1JobStatus, { now, differs }: Changes): Finding {
  return [
    differs("isFinished", "terminating") &&
      now.isFinished &&
      (terminating ?? 0) > 0 &&
      fieldErrors.invalid(STATUS.child("terminating"), terminating, "terminating>0 is invalid for finished job"),
    differs("ready", "active") &&
      ready !== undefined &&
      ready > active &&
      fieldErrors.invalid(STATUS.child("ready"), ready, "cannot set more ready pods than active"),
  ];
}

function validateSuccess({ spec }: V1Job, { now }: Changes): Finding {
  return [
    now.isSuccessful && now.isFailed && onConditions("cannot set SuccessCriteriaMet=True and Failed=true conditions"),
    now.isSuccessful &&
      now.isFailureTarget &&
      onConditions("cannot set SuccessCriteriaMet=True and FailureTarget=true conditions"),
    spec?.successPolicy &&
      !now.isSuccessful &&
      now.isComplete &&
      onConditions("cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True"),
  ];
}

function validateTransitions(job: V1Job, before: V1Job, { now, old, differs }: Changes): Finding {
  const { spec, status = {} } = job;
  const was = before.status ?? {};
  const lost = ["Failed", "Complete", "FailureTarget"].filter((type) => isTrue(before, type) && !isTrue(job, type));
  const mayShrink = spec?.completionMode === "Indexed" && spec.completions === spec.parallelism;
  const suspended = (of: V1Job) => of.status?.conditions?.find(({ type }) => type === "Suspended")?.status;
  const isResuming = suspended(before) === "True" && suspended(job) === "False";
  const decreased = (field: "failed" | "succeeded"): Finding =>
    (status[field] ?? 0) < (was[field] ?? 0) &&
    fieldErrors.invalid(STATUS.child(field), status[field] ?? 0, `cannot decrease the ${field} counter`);
  return [
    lost.map((type) => onConditions(`cannot disable the terminal ${type}=True condition`)),
    decreased("failed"),
    !mayShrink && decreased("succeeded"),
    status.completionTime &&
      was.completionTime &&
      differs("completionTime") &&
      fieldErrors.invalid(STATUS.child("completionTime"), status.completionTime, "field is immutable"),
    was.startTime &&
      differs("startTime") &&
      !isResuming &&
      !spec?.suspend &&
      fieldErrors.invalid(
        STATUS.child("startTime"),
        status.startTime ?? null,
        "field is immutable for unsuspended job once set",
      ),
    old.isSuccessful && !now.isSuccessful && onConditions("cannot disable the SuccessCriteriaMet=True condition"),
    old.isComplete &&
      !old.isSuccessful &&
      now.isSuccessful &&
      onConditions("cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions"),
  ];
}
