import type { Revision, RevisionPair } from "./types.ts";

/** Revisions, oldest first, as plain numbers: there are as many of these as there are changes that were not compacted. */
export class RevisionList {
  /** main, sub, main, sub … */
  readonly #numbers: number[];

  constructor(numbers: number[] = []) {
    this.#numbers = numbers;
  }

  get length(): number {
    return this.#numbers.length >> 1;
  }

  push({ main, sub }: RevisionPair): void {
    this.#numbers.push(main);
    this.#numbers.push(sub);
  }

  pop(): RevisionPair | undefined {
    const last = this.at(this.length - 1);
    this.#numbers.length = Math.max(0, this.#numbers.length - 2);
    return last;
  }

  /** Undefined outside of the list. */
  at(position: number): RevisionPair | undefined {
    if (position < 0 || position >= this.length) return undefined;
    return { main: this.mainAt(position), sub: this.#numbers[2 * position + 1] as number };
  }

  mainAt(position: number): Revision {
    return this.#numbers[2 * position] as Revision;
  }

  slice(start: number, end?: number): RevisionList {
    return new RevisionList(this.#numbers.slice(2 * start, end === undefined ? undefined : 2 * end));
  }

  *[Symbol.iterator](): Generator<RevisionPair> {
    for (let position = 0; position < this.length; position++) yield this.at(position) as RevisionPair;
  }

  /** Position of the last one not behind `revision`; -1 when all are. */
  lastUpTo(revision: Revision): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.mainAt(middle) <= revision) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
