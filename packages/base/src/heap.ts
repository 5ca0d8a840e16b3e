/** A binary min-heap: `push` and `pop` in O(log n), the smallest by `compare` first. */
export class Heap<T> {
  readonly #items: T[] = [];
  readonly #compare: (a: T, b: T) => number;

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#items.length;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    this.#items.push(item);
    this.#siftUp(this.#items.length - 1);
  }

  pop(): T | undefined {
    const top = this.#items[0];
    const last = this.#items.pop();
    if (this.#items.length > 0 && last !== undefined) {
      this.#items[0] = last;
      this.#siftDown(0);
    }
    return top;
  }

  /** Removes the first item that satisfies `matches`; O(n). Tells whether there was one. */
  remove(matches: (item: T) => boolean): boolean {
    const index = this.#items.findIndex(matches);
    if (index < 0) return false;
    const last = this.#items.pop() as T;
    if (index < this.#items.length) {
      this.#items[index] = last;
      this.#siftUp(index);
      this.#siftDown(index);
    }
    return true;
  }

  /** In no particular order. */
  items(): readonly T[] {
    return this.#items;
  }

  #siftUp(start: number): void {
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#swapIfLess(index, parent)) return;
      index = parent;
    }
  }

  #siftDown(start: number): void {
    let index = start;
    for (;;) {
      const left = 2 * index + 1;
      if (left >= this.#items.length) return;
      const right = left + 1;
      const child = right < this.#items.length && this.#isLess(right, left) ? right : left;
      if (!this.#swapIfLess(child, index)) return;
      index = child;
    }
  }

  #isLess(a: number, b: number): boolean {
    return this.#compare(this.#items[a] as T, this.#items[b] as T) < 0;
  }

  #swapIfLess(a: number, b: number): boolean {
    if (!this.#isLess(a, b)) return false;
    const item = this.#items[a] as T;
    this.#items[a] = this.#items[b] as T;
    this.#items[b] = item;
    return true;
  }
}
