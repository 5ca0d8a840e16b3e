import type { RevisionPair } from "./types.ts";

export function compareRevisions(a: RevisionPair, b: RevisionPair): number {
  return a.main - b.main || a.sub - b.sub;
}

/** The revisions of lists that are each in order, in the order of all. */
export function* mergeRevisions(lists: readonly (readonly RevisionPair[])[]): Generator<RevisionPair> {
  // A heap: what is at 2n + 1 and 2n + 2 begins no earlier than what is at n.
  const heap = lists.filter(({ length }) => length > 0).map((list) => new Cursor(list));
  for (let at = (heap.length >> 1) - 1; at >= 0; at--) sink(heap, at);
  for (let first = heap[0]; first; first = heap[0]) {
    yield first.present;
    if (!first.next()) {
      const last = heap.pop() as Cursor;
      if (last === first) return;
      heap[0] = last;
    }
    sink(heap, 0);
  }
}

class Cursor {
  readonly #list: readonly RevisionPair[];
  #at = 0;

  /** The list has something in it. */
  constructor(list: readonly RevisionPair[]) {
    this.#list = list;
  }

  get present(): RevisionPair {
    return this.#list[this.#at] as RevisionPair;
  }

  /** False at the end. */
  next(): boolean {
    return ++this.#at < this.#list.length;
  }
}

function sink(heap: Cursor[], from: number): void {
  for (let at = from; ; ) {
    const child = smallerChild(heap, at);
    if (child === undefined || !isBefore(heap, child, at)) return;
    const moved = heap[child] as Cursor;
    heap[child] = heap[at] as Cursor;
    heap[at] = moved;
    at = child;
  }
}

function smallerChild(heap: readonly Cursor[], at: number): number | undefined {
  const left = 2 * at + 1;
  if (left >= heap.length) return undefined;
  return left + 1 < heap.length && isBefore(heap, left + 1, left) ? left + 1 : left;
}

function isBefore(heap: readonly Cursor[], a: number, b: number): boolean {
  return compareRevisions((heap[a] as Cursor).present, (heap[b] as Cursor).present) < 0;
}
