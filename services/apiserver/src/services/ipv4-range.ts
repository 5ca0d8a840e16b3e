import { parseIpv4 } from "@drydock/apimachinery";

export interface Ipv4Range {
  readonly base: number;
  readonly size: number;
  contains(ip: string): boolean;
}

/** Throws when the text is no CIDR. */
export function parseRange(cidr: string): Ipv4Range {
  const [address = "", length = ""] = cidr.split("/");
  const bytes = toNumber(address);
  const prefix = Number(length);
  if (bytes === undefined || !Number.isInteger(prefix) || prefix < 0 || prefix > 32)
    throw new Error(`not an IPv4 range: ${cidr}`);
  const size = 2 ** (32 - prefix);
  const base = Math.floor(bytes / size) * size;
  return {
    base,
    size,
    contains: (ip) => {
      const value = toNumber(ip);
      return value !== undefined && value > base && value < base + size - 1;
    },
  };
}

export function formatIpv4(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

function toNumber(text: string): number | undefined {
  if (!parseIpv4(text)) return undefined;
  return text.split(".").reduce((value, part) => value * 256 + Number(part), 0);
}
