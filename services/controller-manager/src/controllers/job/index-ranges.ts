export interface IndexRange {
  readonly first: number;
  /** Belongs to the range. */
  readonly last: number;
}

/** Completion indexes as ordered ranges that neither overlap nor touch: what a Job's status writes as `1,3-5,7`. */
export type IndexRanges = readonly IndexRange[];

/** Reads what a status or a success policy says, as far as it lies below `completions`; parts that make no sense are left out. */
export function parseIndexRanges(text: string | undefined, completions: number): IndexRanges {
  const ranges = (text ?? "").split(",").flatMap((part): IndexRange[] => {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (!match) return [];
    const first = Number(match[1]);
    const last = Math.min(match[2] === undefined ? first : Number(match[2]), completions - 1);
    return first <= last ? [{ first, last }] : [];
  });
  return mergeRanges(ranges, []);
}

export function rangesOf(indexes: Iterable<number>): IndexRanges {
  return mergeRanges(
    [...indexes].map((index) => ({ first: index, last: index })),
    [],
  );
}

export function mergeRanges(some: IndexRanges, others: IndexRanges): IndexRanges {
  const merged: { first: number; last: number }[] = [];
  for (const { first, last } of [...some, ...others].sort((a, b) => a.first - b.first)) {
    const previous = merged.at(-1);
    if (previous && first <= previous.last + 1) previous.last = Math.max(previous.last, last);
    else merged.push({ first, last });
  }
  return merged;
}

export function countIndexes(ranges: IndexRanges): number {
  return ranges.reduce((total, { first, last }) => total + last - first + 1, 0);
}

export function hasIndex(ranges: IndexRanges, index: number): boolean {
  return ranges.some(({ first, last }) => first <= index && index <= last);
}

/** How many indexes are in both. */
export function countCommon(some: IndexRanges, others: IndexRanges): number {
  let count = 0;
  for (const one of some)
    for (const other of others)
      count += Math.max(0, Math.min(one.last, other.last) - Math.max(one.first, other.first) + 1);
  return count;
}

/** The first `count` indexes below `completions` that `taken` leaves free. */
export function freeIndexes(taken: IndexRanges, count: number, completions: number): number[] {
  const free: number[] = [];
  let candidate = 0;
  for (const { first, last } of [...taken, { first: completions, last: completions }]) {
    for (; candidate < Math.min(first, completions) && free.length < count; candidate++) free.push(candidate);
    candidate = Math.max(candidate, last + 1);
  }
  return free;
}

export function formatIndexRanges(ranges: IndexRanges): string {
  return ranges
    .map(({ first, last }) => (first === last ? `${first}` : `${first}${last === first + 1 ? "," : "-"}${last}`))
    .join(",");
}
