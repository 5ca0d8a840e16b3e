import { isTimeZone } from "@drydock/apimachinery";
import type { V1CronJob } from "@drydock/kube-api";
import { jobName } from "./job-of.ts";
import { dueTime, InvalidSchedule, type Times, timesOf, untilNextMs } from "./schedule-times.ts";

export interface CronEvent {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}

export interface StartPlan {
  /** A Job is to be made for this time. */
  readonly dueMs?: number;
  /** Those that still run go first. */
  readonly isReplacing: boolean;
  readonly events: readonly CronEvent[];
  readonly requeueAfterMs?: number;
}

const OWN_ZONE_MESSAGE =
  "is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details";

/** Whether a Job is to be made now, by schedule, deadline and what still runs (`status.active`, brought up to date). */
export function planStart(cronJob: V1CronJob, localZone: string, nowMs: number): StartPlan {
  const { spec } = cronJob;
  const nothing = (...events: CronEvent[]): StartPlan => ({ isReplacing: false, events });
  if (cronJob.metadata.deletionTimestamp) return nothing();
  const { timeZone } = spec ?? {};
  if (timeZone !== undefined && !isTimeZone(timeZone))
    return nothing(warning("UnknownTimeZone", `invalid timeZone: "${timeZone}": unknown time zone ${timeZone}`));
  if (spec?.suspend) return nothing();
  const noted: CronEvent[] = spec?.schedule.includes("TZ")
    ? [warning("UnsupportedSchedule", `CRON_TZ or TZ used in schedule "${spec.schedule}" ${OWN_ZONE_MESSAGE}`)]
    : [];
  let times: Times;
  try {
    times = timesOf(cronJob, localZone);
  } catch (error) {
    const message = `unparseable schedule: "${spec?.schedule}" : ${(error as Error).message}`;
    return nothing(...noted, warning("UnparseableSchedule", message));
  }
  try {
    return planDue(cronJob, times, nowMs, noted);
  } catch (error) {
    if (!(error instanceof InvalidSchedule)) throw error;
    return nothing(...noted, warning("InvalidSchedule", `invalid schedule: ${spec?.schedule} : ${error.message}`));
  }
}

function planDue(cronJob: V1CronJob, times: Times, nowMs: number, noted: readonly CronEvent[]): StartPlan {
  const { spec, status } = cronJob;
  const { dueMs, hasMissedTooMany } = dueTime(cronJob, times, nowMs);
  const nextMs = untilNextMs(cronJob, times, nowMs);
  const later = (...events: CronEvent[]): StartPlan => ({
    isReplacing: false,
    events: [...noted, ...(hasMissedTooMany ? [tooManyMissed] : []), ...events],
    ...(nextMs === undefined ? {} : { requeueAfterMs: nextMs }),
  });
  if (dueMs === undefined) return later();
  const deadline = spec?.startingDeadlineSeconds;
  if (deadline !== undefined && dueMs + Number(deadline) * 1000 < nowMs) {
    const time = new Date(dueMs).toUTCString().replace("GMT", "UTC");
    return later(warning("MissSchedule", `Missed scheduled time to start a job: ${time}`));
  }
  const active = status?.active ?? [];
  const isDone = Date.parse(status?.lastScheduleTime ?? "") === dueMs;
  if (isDone || active.some(({ name }) => name === jobName(cronJob, dueMs))) return later();
  if (spec?.concurrencyPolicy === "Forbid" && active.length > 0)
    return later({ type: "Normal", reason: "JobAlreadyActive", message: FORBIDDEN_MESSAGE });
  return { ...later(), dueMs, isReplacing: spec?.concurrencyPolicy === "Replace" };
}

const FORBIDDEN_MESSAGE = "Not starting job because prior execution is running and concurrency policy is Forbid";

const warning = (reason: string, message: string): CronEvent => ({ type: "Warning", reason, message });

const tooManyMissed = warning(
  "TooManyMissedTimes",
  "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew",
);
