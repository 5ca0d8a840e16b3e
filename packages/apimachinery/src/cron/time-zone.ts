/** A name of the time zone database, as this machine knows it. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return !/^[+-]/.test(name);
  } catch {
    return false;
  }
}

/** What clocks on the wall show: months from 1, weekdays from Sunday as 0. */
export interface WallTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly weekday: number;
}

/** Turns instants (ms of the epoch) into the wall time of one zone, and back. */
export interface TimeZone {
  wallTime(ms: number): WallTime;
  /** Where clocks are put forward, the time that does not exist is taken as of before or after; where they are put back, the earlier or later. */
  instant(year: number, month: number, day: number, hour: number, minute: number): number;
  /** Minutes east of Greenwich. */
  offsetMinutes(ms: number): number;
}

export function openTimeZone(name: string): TimeZone {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: name,
    calendar: "gregory",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const offsetMs = (ms: number): number => {
    const seconds = Math.floor(ms / 1000) * 1000;
    const part = Object.fromEntries(format.formatToParts(seconds).map(({ type, value }) => [type, Number(value)]));
    const { year = 0, month = 1, day, hour, minute, second } = part;
    return Date.UTC(year, month - 1, day, hour, minute, second) - seconds;
  };
  return {
    wallTime(ms) {
      const local = new Date(ms + offsetMs(ms));
      return {
        year: local.getUTCFullYear(),
        month: local.getUTCMonth() + 1,
        day: local.getUTCDate(),
        hour: local.getUTCHours(),
        minute: local.getUTCMinutes(),
        second: local.getUTCSeconds(),
        weekday: local.getUTCDay(),
      };
    },
    instant(year, month, day, hour, minute) {
      const local = Date.UTC(year, month - 1, day, hour, minute);
      const guess = local - offsetMs(local);
      return local - offsetMs(guess);
    },
    offsetMinutes: (ms) => Math.round(offsetMs(ms) / 60_000),
  };
}
