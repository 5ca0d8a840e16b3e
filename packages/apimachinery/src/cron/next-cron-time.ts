import type { CronFields, CronSchedule } from "./cron-schedule.ts";
import { openTimeZone, type TimeZone } from "./time-zone.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const YEARS_MAX = 5;

/**
 * The first time after `afterMs` that the schedule names (ms of the epoch, a whole second); undefined if there is none within five
 * years. Steps as upstream's library does, so that it says the same about hours that clocks skip or repeat.
 */
export function nextCronTime(schedule: CronSchedule, afterMs: number, defaultZone: string): number | undefined {
  if (schedule.kind === "interval") return Math.floor(afterMs / 1000) * 1000 + schedule.seconds * 1000;
  const zone = openTimeZone(schedule.zone ?? defaultZone);
  const startMs = Math.floor(afterMs / 1000) * 1000 + 1000;
  const lastYear = zone.wallTime(startMs).year + YEARS_MAX;
  let candidate: Candidate = { ms: startMs, isMoved: false };
  for (;;) {
    if (zone.wallTime(candidate.ms).year > lastYear) return undefined;
    const next = advance(schedule, zone, candidate);
    if (next === "due") return candidate.ms;
    candidate = next;
  }
}

interface Candidate {
  readonly ms: number;
  /** Once moved, it stands at the beginning of what it was moved by. */
  readonly isMoved: boolean;
}

/** Moves on by the largest unit that does not fit, up to where it does or the next larger one changes. */
function advance(schedule: CronFields, zone: TimeZone, { ms, isMoved }: Candidate): Candidate | "due" {
  const { year, month, day, hour, minute, second } = zone.wallTime(ms);
  if (!schedule.months.has(month)) return moved(zone.instant(year, month + 1, 1, 0, 0));
  if (!isDay(schedule, zone, ms))
    return moved(midnightAfter(zone, isMoved ? ms : zone.instant(year, month, day, 0, 0)));
  if (!schedule.hours.has(hour)) {
    const hourMs = isMoved ? ms : zone.instant(year, month, day, hour, 0);
    return moved(hourMs + HOUR_MS);
  }
  if (!schedule.minutes.has(minute)) return moved(Math.floor(ms / MINUTE_MS) * MINUTE_MS + MINUTE_MS);
  // Schedules are by the minute: within one, only its beginning counts.
  return second === 0 ? "due" : moved(Math.floor(ms / MINUTE_MS) * MINUTE_MS + MINUTE_MS);
}

const moved = (ms: number): Candidate => ({ ms, isMoved: true });

function isDay({ days, weekdays, isEitherDay }: CronFields, zone: TimeZone, ms: number): boolean {
  const { day, weekday } = zone.wallTime(ms);
  const matches = [days.has(day), weekdays.has(weekday)];
  return isEitherDay ? matches.includes(true) : !matches.includes(false);
}

/** Where midnight is skipped, the hour nearest to it. */
function midnightAfter(zone: TimeZone, ms: number): number {
  const { year, month, day, hour, minute } = zone.wallTime(ms);
  const next = zone.instant(year, month, day + 1, hour, minute);
  const found = zone.wallTime(next).hour;
  if (found === 0) return next;
  return found > 12 ? next + (24 - found) * HOUR_MS : next - found * HOUR_MS;
}
