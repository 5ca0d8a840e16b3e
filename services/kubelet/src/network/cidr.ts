/** IPv4 arithmetic on dotted text. */
export interface Cidr {
  readonly base: number;
  readonly prefixLength: number;
}

export function parseCidr(text: string): Cidr {
  const [address = "", length = ""] = text.split("/");
  const prefixLength = Number(length);
  if (!/^\d+$/.test(length) || prefixLength > 32) throw new Error(`not an IPv4 range: ${text}`);
  return { base: mask(parseIp(address), prefixLength), prefixLength };
}

export function parseIp(text: string): number {
  const parts = text.split(".").map(Number);
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255))
    throw new Error(`not an IPv4 address: ${text}`);
  return parts.reduce((value, part) => value * 256 + part, 0);
}

export function formatIp(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

export function cidrSize(cidr: Cidr): number {
  return 2 ** (32 - cidr.prefixLength);
}

export function cidrContains(cidr: Cidr, ip: string): boolean {
  return mask(parseIp(ip), cidr.prefixLength) === cidr.base;
}

function mask(value: number, prefixLength: number): number {
  const size = 2 ** (32 - prefixLength);
  return Math.floor(value / size) * size;
}
