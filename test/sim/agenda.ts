import { Heap } from "@drydock/base";

/** True time, in steps, and what is to happen when. Things due at the same step happen in the order in which they were put down. */
export class Agenda {
  readonly #due = new Heap<{ step: number; order: number; run: () => void }>(
    (a, b) => a.step - b.step || a.order - b.order,
  );
  #order = 0;
  #step = 0;

  get step(): number {
    return this.#step;
  }

  get nowMs(): number {
    return this.#step * STEP_MS;
  }

  after(steps: number, run: () => void): void {
    this.#due.push({ step: this.#step + Math.max(1, steps), order: this.#order++, run });
  }

  advance(): void {
    this.#step++;
    for (let next = this.#due.peek(); next && next.step <= this.#step; next = this.#due.peek()) {
      this.#due.pop();
      next.run();
    }
  }
}

export const STEP_MS = 10;
