import { isTimeZone } from "./time-zone.ts";

/** When something is due, as upstream's parser (robfig/cron v3, ParseStandard) understands it. */
export type CronSchedule = CronFields | CronInterval;

export interface CronFields {
  readonly kind: "fields";
  /** Of the schedule itself; absent where the reader's own counts. */
  readonly zone?: string;
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly weekdays: ReadonlySet<number>;
  /** Both days and weekdays name some only: either is enough. */
  readonly isEitherDay: boolean;
}

export interface CronInterval {
  readonly kind: "interval";
  readonly seconds: number;
}

/** Why a schedule cannot be parsed, in the words of upstream's parser; undefined when it can. */
export function cronScheduleError(schedule: string): string | undefined {
  try {
    parseCronSchedule(schedule);
    return undefined;
  } catch (error) {
    if (error instanceof CronScheduleError) return error.message;
    throw error;
  }
}

class CronScheduleError extends Error {}

interface Field {
  readonly min: number;
  readonly max: number;
  readonly names?: Readonly<Record<string, number>>;
}

const numbered = (first: number, names: string) =>
  Object.fromEntries(names.split(" ").map((name, index) => [name, first + index]));

const FIELDS: readonly Field[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: numbered(1, "jan feb mar apr may jun jul aug sep oct nov dec") },
  { min: 0, max: 6, names: numbered(0, "sun mon tue wed thu fri sat") },
];

const DESCRIPTORS: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};
const EVERY = "@every ";
const UNIT_SECONDS: Readonly<Record<string, number>> = { ns: 1e-9, us: 1e-6, µs: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 };

/** Throws an error in the words of upstream's parser. */
export function parseCronSchedule(schedule: string): CronSchedule {
  if (schedule === "") throw new CronScheduleError("empty spec string");
  if (!schedule.startsWith("TZ=") && !schedule.startsWith("CRON_TZ=")) return parseTimes(schedule);
  const zone = /^[^=]+=(\S*)/.exec(schedule)?.[1] ?? "";
  if (!isTimeZone(zone)) throw new CronScheduleError(`provided bad location ${zone}: unknown time zone ${zone}`);
  const times = parseTimes(schedule.replace(/^\S+\s*/, ""));
  return times.kind === "fields" ? { ...times, zone } : times;
}

function parseTimes(text: string): CronSchedule {
  if (text.startsWith("@")) return parseDescriptor(text);
  const fields = text.split(/\s+/).filter((field) => field !== "");
  if (fields.length !== FIELDS.length)
    throw new CronScheduleError(`expected exactly 5 fields, found ${fields.length}: [${fields.join(" ")}]`);
  const parsed = fields.map((field, index) => parseField(field, FIELDS[index] as Field));
  const [minutes, hours, days, months, weekdays] = parsed.map(({ values }) => values);
  const isEitherDay = !parsed[2]?.isStar && !parsed[4]?.isStar;
  return { kind: "fields", minutes, hours, days, months, weekdays, isEitherDay } as CronFields;
}

function parseDescriptor(descriptor: string): CronSchedule {
  const times = DESCRIPTORS[descriptor];
  if (times !== undefined) return parseTimes(times);
  if (!descriptor.startsWith(EVERY)) throw new CronScheduleError(`unrecognized descriptor: ${descriptor}`);
  const duration = descriptor.slice(EVERY.length);
  if (!/^[+-]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))*$/.test(duration))
    throw new CronScheduleError(
      `failed to parse duration ${descriptor}: time: invalid duration ${JSON.stringify(duration)}`,
    );
  const parts = [...duration.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g)];
  const total = parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNIT_SECONDS[unit as string] ?? 0), 0);
  return { kind: "interval", seconds: duration.startsWith("-") ? 1 : Math.max(1, Math.floor(total)) };
}

interface ParsedField {
  readonly values: Set<number>;
  /** It stands for all. */
  readonly isStar: boolean;
}

function parseField(text: string, field: Field): ParsedField {
  const parts = text.split(",").filter((part) => part !== "");
  const parsed = parts.map((part) => parseRange(part, field));
  return {
    values: new Set(parsed.flatMap(({ values }) => [...values])),
    isStar: parsed.some(({ isStar }) => isStar),
  };
}

/** `number | number-number [ /step ]`, `*` or `?` for all. */
function parseRange(text: string, field: Field): ParsedField {
  const [range = "", step, ...moreSteps] = text.split("/");
  const [low = "", high, ...moreEnds] = range.split("-");
  let start = field.min;
  let end = field.max;
  const isAll = low === "*" || low === "?";
  if (!isAll) {
    start = numberOf(low, field);
    if (moreEnds.length > 0) throw new CronScheduleError(`too many hyphens: ${text}`);
    if (high !== undefined) end = numberOf(high, field);
    else if (step === undefined) end = start;
  }
  if (moreSteps.length > 0) throw new CronScheduleError(`too many slashes: ${text}`);
  const stride = step === undefined ? 1 : parseNumber(step);
  checkBounds(text, field, start, end, stride);
  const values = new Set<number>();
  for (let value = start; value <= end; value += stride) values.add(value);
  return { values, isStar: isAll && stride === 1 };
}

function checkBounds(text: string, { min, max }: Field, start: number, end: number, stride: number): void {
  if (start < min) throw new CronScheduleError(`beginning of range (${start}) below minimum (${min}): ${text}`);
  if (end > max) throw new CronScheduleError(`end of range (${end}) above maximum (${max}): ${text}`);
  if (start > end) throw new CronScheduleError(`beginning of range (${start}) beyond end of range (${end}): ${text}`);
  if (stride === 0) throw new CronScheduleError(`step of range should be a positive number: ${text}`);
}

function numberOf(text: string, { names }: Field): number {
  return names?.[text.toLowerCase()] ?? parseNumber(text);
}

function parseNumber(text: string): number {
  if (!/^[+-]?\d+$/.test(text))
    throw new CronScheduleError(
      `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  const number = Number(text);
  if (number < 0) throw new CronScheduleError(`negative number (${number}) not allowed: ${text}`);
  return number;
}
