import { floorDivide } from "../values/time-text.ts";
import { type Duration, EvaluationError, type Timestamp } from "../values/value.ts";
import { type Library, overloads } from "./declaration.ts";

const nanosPerMilli = 1_000_000n;

/** The moment shifted so that its UTC fields are those of the zone's clock. */
function clockOf(time: Timestamp, zone: string | undefined): Date {
  const millis = Number(floorDivide(time.nanos, nanosPerMilli));
  return new Date(millis + offsetOf(millis, zone));
}

function offsetOf(millis: number, zone: string | undefined): number {
  if (zone === undefined || zone === "" || zone === "UTC") return 0;
  const fixed = /^([+-]?)(\d\d):(\d\d)$/.exec(zone);
  if (fixed) return (fixed[1] === "-" ? -1 : 1) * (Number(fixed[2]) * 60 + Number(fixed[3])) * 60_000;
  return namedOffset(millis, zone);
}

function namedOffset(millis: number, zone: string): number {
  try {
    const parts = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    }).formatToParts(new Date(millis));
    const of = (type: string) => Number(parts.find((part) => part.type === type)?.value);
    const local = Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second"));
    return local - Math.floor(millis / 1000) * 1000;
  } catch {
    throw new EvaluationError(`unknown time zone ${zone}`);
  }
}

const dayOfYear = (clock: Date) => Math.floor((clock.getTime() - Date.UTC(clock.getUTCFullYear(), 0, 1)) / 86_400_000);

function field(read: (clock: Date) => number) {
  return overloads(["timestamp.(): int", "timestamp.(string): int"], (time: Timestamp, zone?: string) =>
    BigInt(read(clockOf(time, zone))),
  );
}

function unit(nanos: bigint) {
  return overloads(["duration.(): int"], (duration: Duration) => duration.nanos / nanos);
}

export const times: Library = [
  ["getFullYear", field((clock) => clock.getUTCFullYear())],
  ["getMonth", field((clock) => clock.getUTCMonth())],
  ["getDayOfYear", field(dayOfYear)],
  ["getDayOfMonth", field((clock) => clock.getUTCDate() - 1)],
  ["getDate", field((clock) => clock.getUTCDate())],
  ["getDayOfWeek", field((clock) => clock.getUTCDay())],
  ["getHours", [...field((clock) => clock.getUTCHours()), ...unit(3600_000_000_000n)]],
  ["getMinutes", [...field((clock) => clock.getUTCMinutes()), ...unit(60_000_000_000n)]],
  ["getSeconds", [...field((clock) => clock.getUTCSeconds()), ...unit(1_000_000_000n)]],
  [
    "getMilliseconds",
    [
      ...field((clock) => clock.getUTCMilliseconds()),
      ...overloads(["duration.(): int"], (duration: Duration) => (duration.nanos / nanosPerMilli) % 1000n),
    ],
  ],
];
