import { parseIpv4 } from "@drydock/apimachinery";

/** A range of equal subnets: `count` ranges of `/maskSize`, the first at `base`. */
export interface CidrRange {
  readonly base: number;
  readonly maskSize: number;
  readonly count: number;
}

/** Throws when the text is no IPv4 range or smaller than one node's share. */
export function parseCidrRange(clusterCidr: string, maskSize: number): CidrRange {
  const [address = "", length = ""] = clusterCidr.split("/");
  const bytes = parseIpv4(address);
  const prefix = /^\d{1,2}$/.test(length) ? Number(length) : 33;
  if (!bytes || prefix > 32) throw new Error(`--cluster-cidr: "${clusterCidr}" is not an IPv4 range`);
  if (maskSize < prefix)
    throw new Error(`--node-cidr-mask-size: /${maskSize} is larger than the cluster range ${clusterCidr}`);
  const size = 2 ** (32 - prefix);
  const value = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  return { base: Math.floor(value / size) * size, maskSize, count: 2 ** (maskSize - prefix) };
}

export function formatCidr(range: CidrRange, index: number): string {
  const value = range.base + index * 2 ** (32 - range.maskSize);
  const bytes = [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256);
  return `${bytes.join(".")}/${range.maskSize}`;
}

/**
 * The next free range, searching from `start` round the whole cluster range; undefined when all are taken. Starting after the last
 * one given keeps the range of a deleted node out of use for as long as possible.
 */
export function planPodCidr(
  range: CidrRange,
  taken: ReadonlySet<string>,
  start: number,
): { cidr: string; next: number } | undefined {
  for (let step = 0; step < range.count; step++) {
    const index = (start + step) % range.count;
    const cidr = formatCidr(range, index);
    if (!taken.has(cidr)) return { cidr, next: (index + 1) % range.count };
  }
  return undefined;
}
