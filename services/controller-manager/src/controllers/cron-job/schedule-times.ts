import { type CronSchedule, nextCronTime, parseCronSchedule } from "@drydock/apimachinery";
import type { V1CronJob } from "@drydock/kube-api";

/** After this many the controller was away, or a clock is wrong. */
const MISSED_MAX = 100;
/** So that a timer that fires a little early does not find that it is not time yet. */
const NEXT_DELTA_MS = 100;

/** When a CronJob is due: its schedule, and the zone it is read in unless it names its own. */
export interface Times {
  readonly schedule: CronSchedule;
  readonly zone: string;
}

/** Throws what the parser says. */
export function timesOf({ spec }: V1CronJob, localZone: string): Times {
  return { schedule: parseCronSchedule(spec?.schedule ?? ""), zone: spec?.timeZone ?? localZone };
}

export interface DueTime {
  /** The latest time that has come and was not acted upon. */
  readonly dueMs?: number;
  readonly hasMissedTooMany: boolean;
}

/** What is to be done now. Times before the starting deadline do not count. Throws if the schedule never comes. */
export function dueTime(cronJob: V1CronJob, times: Times, nowMs: number): DueTime {
  const recent = mostRecent(cronJob, times, nowMs, true);
  return {
    ...(recent.recentMs === undefined ? {} : { dueMs: recent.recentMs }),
    hasMissedTooMany: recent.recentMs !== undefined && recent.missed > MISSED_MAX,
  };
}

/** How long until the schedule comes again. */
export function untilNextMs(cronJob: V1CronJob, times: Times, nowMs: number): number | undefined {
  const nextMs = nextCronTime(times.schedule, lastSlotMs(cronJob, times, nowMs), times.zone);
  return nextMs === undefined ? undefined : Math.max(0, nextMs + NEXT_DELTA_MS - nowMs);
}

function lastSlotMs(cronJob: V1CronJob, times: Times, nowMs: number): number {
  try {
    const { earliestMs, recentMs, missed } = mostRecent(cronJob, times, nowMs, false);
    return recentMs ?? (missed === 0 ? earliestMs : nowMs);
  } catch (error) {
    if (error instanceof InvalidSchedule) return nowMs;
    throw error;
  }
}

/** The schedule can be parsed, and names no time. */
export class InvalidSchedule extends Error {}

interface Recent {
  /** From when on times count: the last one acted upon, else the CronJob's creation. */
  readonly earliestMs: number;
  readonly recentMs?: number;
  /** About how many have come since. */
  readonly missed: number;
}

/**
 * Counts what was missed by the distance of the first two times, not one by one: there may be years of them. Reckons back from there,
 * so that `@every` keeps its beat.
 */
function mostRecent(cronJob: V1CronJob, { schedule, zone }: Times, nowMs: number, withDeadline: boolean): Recent {
  const earliestMs = earliestTimeMs(cronJob, nowMs, withDeadline);
  const firstMs = nextCronTime(schedule, earliestMs, zone);
  const secondMs = firstMs === undefined ? undefined : nextCronTime(schedule, firstMs, zone);
  if (firstMs === undefined || secondMs === undefined)
    throw new InvalidSchedule("time difference between two schedules is less than 1 second");
  if (nowMs < firstMs) return { earliestMs, missed: 0 };
  if (nowMs < secondMs) return { earliestMs, recentMs: firstMs, missed: 0 };
  const intervalMs = secondMs - firstMs;
  const missed = Math.floor((nowMs - firstMs) / intervalMs) + 1;
  let recentMs: number | undefined;
  let next = nextCronTime(schedule, firstMs + (missed - 2) * intervalMs, zone);
  for (; next !== undefined && next <= nowMs; next = nextCronTime(schedule, next, zone)) recentMs = next;
  return { earliestMs, missed, ...(recentMs === undefined ? {} : { recentMs }) };
}

function earliestTimeMs({ metadata, spec, status }: V1CronJob, nowMs: number, withDeadline: boolean): number {
  const sinceMs = Date.parse(status?.lastScheduleTime ?? metadata.creationTimestamp ?? "");
  const deadline = withDeadline ? spec?.startingDeadlineSeconds : undefined;
  return deadline === undefined ? sinceMs : Math.max(sinceMs, nowMs - Number(deadline) * 1000);
}
