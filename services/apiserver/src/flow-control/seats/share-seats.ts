import type { SeatLimits } from "./plan-limits.ts";

/** A level when the seats are shared out anew. */
export interface Claim extends SeatLimits {
  readonly isExempt: boolean;
  /** The most that was wanted at once in the last period. */
  readonly highWatermark: number;
  readonly smoothedDemand: number;
}

const ROUNDS = 60;

/**
 * The seats that levels have until the next period (KEP-1040): levels lend what they do not use and others borrow it. Exempt levels take
 * what they want, the rest is shared so that each has the same part of its target, between its bounds.
 */
export function shareSeats(claims: ReadonlyMap<string, Claim>, totalSeats: number): ReadonlyMap<string, number> {
  const seats = new Map<string, number>();
  const wishes: { name: string; lower: number; upper: number; target: number }[] = [];
  let left = totalSeats;
  for (const [name, claim] of claims) {
    const { isExempt, lower, upper, nominal, highWatermark, smoothedDemand } = claim;
    if (isExempt) {
      const taken = Math.max(lower, highWatermark);
      seats.set(name, taken);
      left -= taken;
      continue;
    }
    const least = Math.max(lower, Math.min(nominal, highWatermark));
    wishes.push({ name, lower: least, upper, target: Math.max(least, smoothedDemand) });
  }
  const given = (part: number) =>
    wishes.map(({ lower, upper, target }) => Math.min(upper, Math.max(lower, part * target)));
  const part = largestPart((candidate) => given(candidate).reduce((sum, count) => sum + count, 0) <= left, left);
  given(part).forEach((count, index) => void seats.set(wishes[index]?.name ?? "", Math.round(count)));
  return seats;
}

/** The largest part that still fits, found by halving; 0 when not even the lower bounds do. */
function largestPart(fits: (part: number) => boolean, max: number): number {
  let low = 0;
  let high = Math.max(1, max);
  if (fits(high)) return high;
  for (let round = 0; round < ROUNDS; round++) {
    const middle = (low + high) / 2;
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return low;
}
