import { addressNumber, canonicalIp, parseCidr } from "../resources/meta/ip-rules.ts";

export type IpFamily = "IPv4" | "IPv6";

/** A range of addresses that Services may have. All of these are inclusive, and none is the network's or, of IPv4, the broadcast address. */
export interface ServiceRange {
  readonly cidr: string;
  readonly family: IpFamily;
  readonly first: bigint;
  readonly last: bigint;
  /** From here on addresses are drawn; those before are for who asks for one by name, as long as there are others (KEP-3070). */
  readonly firstDrawn: bigint;
}

const NAMED_MIN = 16n;
const NAMED_MAX = 256n;
const NAMED_SHARE = 16n;
/** More than this are drawn in two steps. */
const DRAWN_BITS = 31n;

/** Undefined when the text is no CIDR, or one without room for a Service. */
export function parseServiceRange(cidr: string): ServiceRange | undefined {
  const parsed = parseCidr(cidr);
  if (!parsed) return undefined;
  const { family, base, prefix } = parsed;
  const size = 1n << BigInt((family === "IPv4" ? 32 : 128) - prefix);
  const first = base + 1n;
  const last = base + size - (family === "IPv4" ? 2n : 1n);
  if (last < first) return undefined;
  return { cidr, family, first, last, firstDrawn: first + namedOf(size) };
}

function namedOf(size: bigint): bigint {
  if (size <= NAMED_MIN) return 0n;
  const share = size / NAMED_SHARE;
  if (share > NAMED_MAX) return NAMED_MAX;
  return share < NAMED_MIN ? NAMED_MIN : share;
}

/** The ranges that a flag names, one or one of each family. Throws in upstream's words when they are none. */
export function requireServiceRanges(text: string): readonly ServiceRange[] {
  const flag = "--service-cluster-ip-range";
  const cidrs = text.split(",").map((cidr) => cidr.trim());
  if (cidrs.length > 2) throw new Error(`${flag} must not contain more than two entries`);
  const ranges = cidrs.map((cidr) => {
    const range = parseServiceRange(cidr);
    if (!range) throw new Error(`${flag}: not a range for Services: ${cidr}`);
    return range;
  });
  if (ranges.length === 2 && ranges[0]?.family === ranges[1]?.family)
    throw new Error(`${flag}[0] and ${flag}[1] must be of different IP family`);
  return ranges;
}

/** How many addresses there are, or, of more than can be counted, the most that can. */
export function sizeOf({ first, last }: ServiceRange): number {
  return Math.min(Number(last - first) + 1, Number.MAX_SAFE_INTEGER);
}

export function isInRange({ first, last, family }: ServiceRange, ip: string): boolean {
  const value = addressNumber(ip);
  return value !== undefined && ip.includes(":") === (family === "IPv6") && value >= first && value <= last;
}

/** Every address of the range once, in the order in which they are tried: drawn ones from a random place on, then the others alike. */
export function* addressesToTry(range: ServiceRange, random: (below: number) => number): Generator<string> {
  yield* around(range, range.firstDrawn, range.last, random);
  yield* around(range, range.first, range.firstDrawn - 1n, random);
}

function* around({ family }: ServiceRange, first: bigint, last: bigint, random: (below: number) => number) {
  const size = last - first + 1n;
  if (size <= 0n) return;
  const start = draw(size, random);
  for (let step = 0n; step < size; step++) yield formatIp(first + ((start + step) % size), family);
}

function draw(size: bigint, random: (below: number) => number): bigint {
  const most = 1n << DRAWN_BITS;
  if (size <= most) return BigInt(random(Number(size)));
  const drawn = (BigInt(random(Number(most))) << DRAWN_BITS) + BigInt(random(Number(most)));
  return drawn % size;
}

/** As an IPAddress of it is called. */
export function formatIp(value: bigint, family: IpFamily): string {
  const [bits, count, base] = family === "IPv4" ? [8n, 4, 10] : [16n, 8, 16];
  const parts = Array.from({ length: count }, (_, index) => {
    const shift = bits * BigInt(count - 1 - index);
    return ((value >> shift) & ((1n << bits) - 1n)).toString(base);
  });
  return family === "IPv4" ? parts.join(".") : (canonicalIp(parts.join(":")) ?? "");
}
