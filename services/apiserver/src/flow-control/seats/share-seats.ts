import type { SeatLimits } from "./plan-limits.ts";

/** A level when the seats are shared out anew. */
export interface Claim extends SeatLimits {
  readonly isExempt: boolean;
  /** The most that was wanted at once in the last period. */
  readonly highWatermark: number;
  readonly smoothedDemand: number;
}

export interface SharedSeats {
  readonly seats: ReadonlyMap<string, number>;
  /** What each would have if there were enough. */
  readonly targets: ReadonlyMap<string, number>;
  /** Of its target, what a level has that is bound by nothing else. */
  readonly fairPart: number;
}

const ROUNDS = 60;

/**
 * The seats that levels have until the next period (KEP-1040): levels lend what they do not use and others borrow it. Exempt levels take
 * what they want, the rest is shared so that each has the same part of its target, between its bounds.
 */
export function shareSeats(claims: ReadonlyMap<string, Claim>, totalSeats: number): SharedSeats {
  const seats = new Map<string, number>();
  const targets = new Map<string, number>();
  const wishes: { name: string; lower: number; upper: number; target: number }[] = [];
  let left = totalSeats;
  for (const [name, claim] of claims) {
    const { isExempt, lower, upper, nominal, highWatermark, smoothedDemand } = claim;
    if (isExempt) {
      const taken = Math.max(lower, highWatermark);
      seats.set(name, taken);
      targets.set(name, taken);
      left -= taken;
      continue;
    }
    const least = Math.max(lower, Math.min(nominal, highWatermark));
    const target = Math.max(least, smoothedDemand);
    targets.set(name, target);
    wishes.push({ name, lower: least, upper, target });
  }
  const given = (part: number) =>
    wishes.map(({ lower, upper, target }) => Math.min(upper, Math.max(lower, part * target)));
  const part = largestPart((candidate) => given(candidate).reduce((sum, count) => sum + count, 0) <= left, left);
  given(part).forEach((count, index) => void seats.set(wishes[index]?.name ?? "", Math.round(count)));
  return { seats, targets, fairPart: part };
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
