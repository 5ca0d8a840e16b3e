import { type FieldError, type FieldPath, fieldErrors, ipFamilyOf, parseIpv4 } from "@drydock/apimachinery";

/** An address range as numbers. */
export interface Cidr {
  readonly family: "IPv4" | "IPv6";
  readonly base: bigint;
  readonly prefix: number;
  readonly hasHostBits: boolean;
}

const CIDR_MESSAGE = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

/** Undefined for what is no address. */
export function addressNumber(text: string): bigint | undefined {
  const family = ipFamilyOf(text);
  if (family === undefined) return undefined;
  if (family === "IPv4") return numberOf(parseIpv4(text) ?? [], 8n);
  const embedded = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const plain = embedded ? `${embedded[1]}${hexPair(embedded[2] as string)}` : text;
  const [head = "", tail] = plain.split("::");
  const groups = (part: string) => (part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16)));
  const [first, last] = [groups(head), groups(tail ?? "")];
  return numberOf([...first, ...new Array<number>(8 - first.length - last.length).fill(0), ...last], 16n);
}

function hexPair(ipv4: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = parseIpv4(ipv4) ?? [];
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

function numberOf(parts: readonly number[], bits: bigint): bigint {
  return parts.reduce((sum, part) => (sum << bits) | BigInt(part), 0n);
}

export function parseCidr(text: string): Cidr | undefined {
  const [address = "", length = "", ...more] = text.split("/");
  const value = addressNumber(address);
  const family = ipFamilyOf(address);
  if (value === undefined || family === undefined || more.length > 0 || !/^(0|[1-9]\d*)$/.test(length))
    return undefined;
  const width = family === "IPv4" ? 32 : 128;
  const prefix = Number(length);
  if (prefix > width) return undefined;
  const host = BigInt(width - prefix);
  const base = (value >> host) << host;
  return { family, base, prefix, hasHostBits: base !== value };
}

/** Whether all of `inner` is in `outer`, and not all of `outer`. */
export function isStrictSubset(inner: Cidr, outer: Cidr): boolean {
  if (inner.family !== outer.family || inner.prefix <= outer.prefix) return false;
  const host = BigInt((outer.family === "IPv4" ? 32 : 128) - outer.prefix);
  return inner.base >> host === outer.base >> host;
}

export function validateCidr(text: string, path: FieldPath): FieldError[] {
  return parseCidr(text) ? [] : [fieldErrors.invalid(path, text, CIDR_MESSAGE)];
}

/** The one way of many in which an address is written (RFC 5952). */
export function canonicalIp(text: string): string | undefined {
  const family = ipFamilyOf(text);
  if (family === undefined) return undefined;
  return family === "IPv4" ? text : new URL(`http://[${text}]`).hostname.slice(1, -1);
}
