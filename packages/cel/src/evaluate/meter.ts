/** What an evaluation may use up. */
export interface Budget {
  /** In cel-go's units: about one for each step. Upstream's limit for one expression is 1000000. */
  readonly costLimit?: number;
  /** Asked now and then; true ends the evaluation. */
  readonly shouldStop?: () => boolean;
}

/** Not an EvaluationError: no operator absorbs it. */
export class BudgetExceeded extends Error {}

export const perCallCostLimit = 1_000_000;
const checkInterval = 100;

export class Meter {
  readonly #limit: number;
  readonly #shouldStop: (() => boolean) | undefined;
  #iterations = 0;
  cost = 0;

  constructor({ costLimit = perCallCostLimit, shouldStop }: Budget) {
    this.#limit = costLimit;
    this.#shouldStop = shouldStop;
  }

  spend(cost: number): void {
    this.cost += cost;
    if (this.cost > this.#limit) throw new BudgetExceeded("operation cancelled: actual cost limit exceeded");
  }

  /** Once an iteration of a comprehension. */
  tick(): void {
    if (++this.#iterations % checkInterval === 0 && this.#shouldStop?.())
      throw new BudgetExceeded("operation interrupted");
  }
}
