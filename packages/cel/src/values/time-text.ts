import { Duration, Timestamp } from "./value.ts";

const nanosPerSecond = 1_000_000_000n;
const pattern = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)$/i;

/** RFC 3339; undefined for anything else. */
export function parseTimestamp(text: string): Timestamp | undefined {
  const match = pattern.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second, fraction = "", zone = "Z"] = match;
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}${zone.toUpperCase()}`;
  const millis = Date.parse(iso);
  if (Number.isNaN(millis) || !isRealDay(Number(year), Number(month), Number(day))) return undefined;
  return new Timestamp(BigInt(millis) * 1_000_000n + BigInt(fraction.padEnd(9, "0")));
}

function isRealDay(year: number, month: number, day: number): boolean {
  return new Date(Date.UTC(year, month - 1, day)).getUTCMonth() === month - 1;
}

export function formatTimestamp({ nanos }: Timestamp): string {
  const second = floorDivide(nanos, nanosPerSecond);
  const fraction = String(nanos - second * nanosPerSecond)
    .padStart(9, "0")
    .replace(/0+$/, "");
  const whole = new Date(Number(second) * 1000).toISOString().slice(0, 19);
  return `${whole}${fraction && `.${fraction}`}Z`;
}

export function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b < 0n ? quotient - 1n : quotient;
}

const unitNanos: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: nanosPerSecond,
  m: 60n * nanosPerSecond,
  h: 3600n * nanosPerSecond,
};

/** Go's time.ParseDuration; undefined for anything else. */
export function parseDuration(text: string): Duration | undefined {
  const match = /^([+-]?)(.+)$/.exec(text);
  if (!match) return undefined;
  const body = match[2] as string;
  if (body === "0") return new Duration(0n);
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(body)) return undefined;
  let nanos = 0n;
  for (const [, whole, fraction = "", unit] of body.matchAll(/(\d*)\.?(\d*)(ns|us|µs|μs|ms|s|m|h)/g)) {
    const scale = unitNanos[unit as string] as bigint;
    nanos +=
      BigInt(whole || "0") * scale + (fraction ? (BigInt(fraction) * scale) / 10n ** BigInt(fraction.length) : 0n);
  }
  return new Duration(match[1] === "-" ? -nanos : nanos);
}

/** Seconds with a fraction, as CEL's string() has it. */
export function formatDuration({ nanos }: Duration): string {
  const magnitude = nanos < 0n ? -nanos : nanos;
  const fraction = String(magnitude % nanosPerSecond)
    .padStart(9, "0")
    .replace(/0+$/, "");
  return `${nanos < 0n ? "-" : ""}${magnitude / nanosPerSecond}${fraction && `.${fraction}`}s`;
}
