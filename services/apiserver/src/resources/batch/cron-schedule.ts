/** Why a schedule cannot be parsed, in the words of upstream's cron parser (robfig/cron v3, ParseStandard); undefined when it can. */
export function cronScheduleError(schedule: string): string | undefined {
  try {
    check(schedule);
    return undefined;
  } catch (error) {
    if (error instanceof ScheduleError) return error.message;
    throw error;
  }
}

class ScheduleError extends Error {}

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

const DESCRIPTORS = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];
const EVERY = "@every ";

function check(schedule: string): void {
  if (schedule === "") throw new ScheduleError("empty spec string");
  let rest = schedule;
  if (rest.startsWith("TZ=") || rest.startsWith("CRON_TZ=")) {
    const zone = /^[^=]+=(\S*)/.exec(rest)?.[1] ?? "";
    if (!isTimeZone(zone)) throw new ScheduleError(`provided bad location ${zone}: unknown time zone ${zone}`);
    rest = rest.replace(/^\S+\s*/, "");
  }
  if (rest.startsWith("@")) return checkDescriptor(rest);
  const fields = rest.split(/\s+/).filter((field) => field !== "");
  if (fields.length !== FIELDS.length)
    throw new ScheduleError(`expected exactly 5 fields, found ${fields.length}: [${fields.join(" ")}]`);
  fields.forEach((field, index) => {
    for (const part of field.split(",")) if (part !== "") checkRange(part, FIELDS[index] as Field);
  });
}

function checkDescriptor(descriptor: string): void {
  if (DESCRIPTORS.includes(descriptor)) return;
  if (!descriptor.startsWith(EVERY)) throw new ScheduleError(`unrecognized descriptor: ${descriptor}`);
  const duration = descriptor.slice(EVERY.length);
  if (!/^[+-]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))*$/.test(duration))
    throw new ScheduleError(
      `failed to parse duration ${descriptor}: time: invalid duration ${JSON.stringify(duration)}`,
    );
}

/** `number | number-number [ /step ]`, `*` or `?` for all. */
function checkRange(text: string, field: Field): void {
  const [range = "", step, ...moreSteps] = text.split("/");
  const [low = "", high, ...moreEnds] = range.split("-");
  let start = field.min;
  let end = field.max;
  if (low !== "*" && low !== "?") {
    start = numberOf(low, field);
    if (moreEnds.length > 0) throw new ScheduleError(`too many hyphens: ${text}`);
    if (high !== undefined) end = numberOf(high, field);
    else if (step === undefined) end = start;
  }
  if (moreSteps.length > 0) throw new ScheduleError(`too many slashes: ${text}`);
  const stride = step === undefined ? 1 : parseNumber(step);
  if (start < field.min) throw new ScheduleError(`beginning of range (${start}) below minimum (${field.min}): ${text}`);
  if (end > field.max) throw new ScheduleError(`end of range (${end}) above maximum (${field.max}): ${text}`);
  if (start > end) throw new ScheduleError(`beginning of range (${start}) beyond end of range (${end}): ${text}`);
  if (stride === 0) throw new ScheduleError(`step of range should be a positive number: ${text}`);
}

function numberOf(text: string, { names }: Field): number {
  return names?.[text.toLowerCase()] ?? parseNumber(text);
}

function parseNumber(text: string): number {
  if (!/^[+-]?\d+$/.test(text))
    throw new ScheduleError(
      `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  const number = Number(text);
  if (number < 0) throw new ScheduleError(`negative number (${number}) not allowed: ${text}`);
  return number;
}

/** A name of the time zone database, as this machine knows it. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return !/^[+-]/.test(name);
  } catch {
    return false;
  }
}
