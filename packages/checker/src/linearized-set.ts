import type { Operation } from "./history.ts";

/**
 * Which operations a search has linearized. Its key is exact and short: returned operations are done almost in the order of their calls, so
 * the first that is not and the few behind it that are say it all; those of unknown outcome are named one by one.
 */
export class LinearizedSet {
  readonly #operations: readonly Operation<unknown, unknown>[];
  /** Indexes of returned operations, by call. */
  readonly #returned: readonly number[];
  readonly #positionOf = new Map<number, number>();
  readonly #isDone: Uint8Array;
  readonly #unknown = new Set<number>();
  #low = 0;
  #count = 0;

  constructor(operations: readonly Operation<unknown, unknown>[]) {
    this.#operations = operations;
    this.#returned = operations
      .map((_, index) => index)
      .filter((index) => operations[index]?.outcome.kind === "returned")
      .sort((a, b) => this.#calledMs(a) - this.#calledMs(b));
    this.#returned.forEach((index, position) => {
      this.#positionOf.set(index, position);
    });
    this.#isDone = new Uint8Array(this.#returned.length);
  }

  /** Returned operations linearized so far. */
  get count(): number {
    return this.#count;
  }

  get isComplete(): boolean {
    return this.#count === this.#returned.length;
  }

  add(index: number): void {
    const position = this.#positionOf.get(index);
    if (position === undefined) {
      this.#unknown.add(index);
      return;
    }
    this.#isDone[position] = 1;
    this.#count++;
    while (this.#isDone[this.#low] === 1) this.#low++;
  }

  remove(index: number): void {
    const position = this.#positionOf.get(index);
    if (position === undefined) {
      this.#unknown.delete(index);
      return;
    }
    this.#isDone[position] = 0;
    this.#count--;
    this.#low = Math.min(this.#low, position);
  }

  key(): string {
    const ahead: number[] = [];
    const first = this.#returned[this.#low];
    const outcome = first === undefined ? undefined : this.#operations[first]?.outcome;
    const untilMs = outcome?.kind === "returned" ? outcome.atMs : Number.NEGATIVE_INFINITY;
    for (let position = this.#low + 1; position < this.#returned.length; position++) {
      if (this.#calledMs(this.#returned[position] as number) > untilMs) break;
      if (this.#isDone[position] === 1) ahead.push(position);
    }
    const unknown = [...this.#unknown].sort((a, b) => a - b);
    return `${this.#low}|${ahead.join()}|${unknown.join()}`;
  }

  #calledMs(index: number): number {
    return (this.#operations[index] as Operation<unknown, unknown>).calledMs;
  }
}
