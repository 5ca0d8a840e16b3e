import { FROM_KEY_END, type Key, type KeyRange } from "@drydock/mvcc";

/** Key ≤ k < end; without an end, every key from `key` on. */
interface Interval {
  readonly key: Key;
  readonly end: Key | undefined;
}

/** What a user may read or write: a union of ranges that neither touch nor overlap, in order. */
export class KeyPermissions {
  readonly #intervals: readonly Interval[];

  constructor(ranges: readonly KeyRange[]) {
    this.#intervals = merge(ranges.map(toInterval));
  }

  /** Whether all of the range is inside. One that is empty, or turned around, is where it begins. */
  covers(range: KeyRange): boolean {
    const asked = toInterval(range);
    return this.#intervals.some(({ key, end }) => {
      if (key > asked.key) return false;
      return end === undefined || (asked.end !== undefined && asked.end <= end && asked.key < end);
    });
  }
}

/** A single key is the range up to its successor. */
function toInterval({ key, end }: KeyRange): Interval {
  if (end === undefined) return { key, end: `${key}\0` };
  return { key, end: end === FROM_KEY_END ? undefined : end };
}

function merge(intervals: Interval[]): Interval[] {
  const sorted = intervals.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const merged: Interval[] = [];
  for (const next of sorted) {
    const last = merged.at(-1);
    if (!last || (last.end !== undefined && last.end < next.key)) merged.push(next);
    else merged[merged.length - 1] = { key: last.key, end: later(last.end, next.end) };
  }
  return merged;
}

function later(a: Key | undefined, b: Key | undefined): Key | undefined {
  if (a === undefined || b === undefined) return undefined;
  return a > b ? a : b;
}
