import { parseIpv4 } from "@drydock/apimachinery";

/** A range of IPv4 addresses that Services may have. All of these are inclusive, and none is the network's or the broadcast address. */
export interface ServiceRange {
  readonly cidr: string;
  /** The network's own address, which nobody gets. */
  readonly base: number;
  readonly first: number;
  readonly last: number;
  /** From here on addresses are drawn; those before are for who asks for one by name, as long as there are others (KEP-3070). */
  readonly firstDrawn: number;
}

const NAMED_MIN = 16;
const NAMED_MAX = 256;
const NAMED_SHARE = 16;

/** Undefined when the text is no IPv4 CIDR, or one without room for a Service. */
export function parseServiceRange(cidr: string): ServiceRange | undefined {
  const [address = "", length = ""] = cidr.split("/");
  const value = parseAddress(address);
  const prefix = /^\d+$/.test(length) ? Number(length) : 33;
  if (value === undefined || prefix > 32) return undefined;
  const size = 2 ** (32 - prefix);
  const base = Math.floor(value / size) * size;
  const [first, last] = [base + 1, base + size - 2];
  if (last < first) return undefined;
  const named = size <= NAMED_MIN ? 0 : Math.min(Math.max(NAMED_MIN, Math.floor(size / NAMED_SHARE)), NAMED_MAX);
  return { cidr, base, first, last, firstDrawn: first + named };
}

/** Throws when it is none: for what flags say. */
export function requireServiceRange(cidr: string): ServiceRange {
  const range = parseServiceRange(cidr);
  if (!range) throw new Error(`not an IPv4 range for Services: ${cidr}`);
  return range;
}

export function isInRange({ first, last }: ServiceRange, ip: string): boolean {
  const value = parseAddress(ip);
  return value !== undefined && value >= first && value <= last;
}

/** Every address of the range once, in the order in which they are tried: drawn ones from a random place on, then the others alike. */
export function* addressesToTry(range: ServiceRange, random: (below: number) => number): Generator<string> {
  yield* around(range.firstDrawn, range.last, random);
  yield* around(range.first, range.firstDrawn - 1, random);
}

function* around(first: number, last: number, random: (below: number) => number): Generator<string> {
  const size = last - first + 1;
  if (size <= 0) return;
  const start = random(size);
  for (let step = 0; step < size; step++) yield formatIpv4(first + ((start + step) % size));
}

export function formatIpv4(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

function parseAddress(text: string): number | undefined {
  return parseIpv4(text)?.reduce((value, part) => value * 256 + part, 0);
}
