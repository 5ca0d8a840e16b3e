const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const year = 365 * day;

/** A duration as kubectl shows ages: two units while they matter, one later (`45s`, `3m12s`, `5h30m`, `2d4h`, `30d`, `2y`). */
export function humanDuration(durationMs: number): string {
  const ms = Math.trunc(durationMs);
  const seconds = Math.trunc(ms / second);
  // A clock slightly behind the writer's is no error; further back it is.
  if (seconds < -1) return "<invalid>";
  if (ms < 0) return "0s";
  if (ms < 2 * minute) return `${seconds}s`;
  const minutes = Math.trunc(ms / minute);
  if (minutes < 10) return withRest(`${minutes}m`, Math.trunc(ms / second) % 60, "s");
  if (minutes < 3 * 60) return `${minutes}m`;
  const hours = Math.trunc(ms / hour);
  if (hours < 8) return withRest(`${hours}h`, minutes % 60, "m");
  if (hours < 48) return `${hours}h`;
  if (hours < 8 * 24) return withRest(`${Math.trunc(hours / 24)}d`, hours % 24, "h");
  if (ms < 2 * year) return `${Math.trunc(hours / 24)}d`;
  const years = Math.trunc(ms / year);
  if (years < 8) return withRest(`${years}y`, Math.trunc(hours / 24) % 365, "d");
  return `${years}y`;
}

function withRest(head: string, rest: number, unit: string): string {
  return rest === 0 ? head : `${head}${rest}${unit}`;
}

/** The age column: `<unknown>` without a timestamp. */
export function humanAge(timestamp: string | undefined, nowMs: number): string {
  if (timestamp === undefined || timestamp === "") return "<unknown>";
  return humanDuration(nowMs - Date.parse(timestamp));
}
