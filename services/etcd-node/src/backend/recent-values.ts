import type { Revision, RevisionPair } from "@drydock/mvcc";
import { StoredKeyValue } from "./key-value-codec.ts";
import { RecordSpans } from "./record-spans.ts";

/**
 * Values by revision, up to a number of bytes: the older half goes when the younger is full. A revision's value never changes. What is written comes in
 * the order of its revisions and lies in lists, which cost less than a table; what was read again, and what shares its revision, in a table.
 */
export class RecentValues {
  readonly #halfBytes: number;
  #young = new Half();
  #old = new Half();

  constructor(maxBytes: number) {
    this.#halfBytes = maxBytes / 2;
  }

  get(at: RevisionPair): StoredKeyValue | undefined {
    return this.#young.get(at) ?? this.#old.get(at);
  }

  /** A value that lies in a span of a slab, which must stay as it is. */
  put(at: RevisionPair, slab: Buffer, start: number, end: number): void {
    this.#young.put(at, slab, start, end);
    if (this.#young.bytes < this.#halfBytes) return;
    this.#old = this.#young;
    this.#young = new Half();
  }
}

class Half {
  bytes = 0;
  readonly #mains: Revision[] = [];
  readonly #spans = new RecordSpans();
  readonly #others = new Map<number | string, Buffer>();

  put(at: RevisionPair, slab: Buffer, start: number, end: number): void {
    this.bytes += end - start;
    const { main, sub } = at;
    const last = this.#mains[this.#mains.length - 1];
    if (sub === 0 && (last === undefined || main > last)) {
      this.#mains.push(main);
      this.#spans.push(slab, start, end);
    } else this.#others.set(nameOf(at), slab.subarray(start, end));
  }

  get(at: RevisionPair): StoredKeyValue | undefined {
    const row = at.sub === 0 ? this.#rowOf(at.main) : -1;
    if (row >= 0) return new StoredKeyValue(this.#spans.slabAt(row), this.#spans.startAt(row), this.#spans.endAt(row));
    const other = this.#others.size > 0 ? this.#others.get(nameOf(at)) : undefined;
    return other && new StoredKeyValue(other);
  }

  /** -1 when it is not in the lists. As a rule no revision is left out between two, and what is read again is older than they are. */
  #rowOf(main: Revision): number {
    const guess = main - (this.#mains[0] ?? Number.POSITIVE_INFINITY);
    if (guess < 0) return -1;
    if (this.#mains[guess] === main) return guess;
    let low = 0;
    let high = Math.min(guess, this.#mains.length) - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const found = this.#mains[middle] as Revision;
      if (found === main) return middle;
      if (found < main) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }
}

/** Nearly all transactions change one key only. */
function nameOf({ main, sub }: RevisionPair): number | string {
  return sub === 0 ? main : `${main}.${sub}`;
}
