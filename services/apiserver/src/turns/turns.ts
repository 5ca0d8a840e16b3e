/** What lasts longer than this in one turn of the event loop keeps reads waiting. */
export const TURN_MS = 3;

/**
 * Shares the event loop between writes and everything else. The loop takes all that has arrived before it polls again: many writes at once, some of
 * them a millisecond of decoding, admission and validation, would keep every read waiting for all of them. So whoever is about to do such work
 * takes a turn: at once as long as this turn of the loop has not lasted too long, in a later one otherwise, in the order of asking. Between two
 * turns the loop polls, and reads, which take none, pass.
 *
 * Asked by what brings writes in (REST and the components' protocol), before a body is decoded or a call dispatched; by nobody who holds a lock.
 */
export class Turns {
  readonly #waiting: (() => void)[] = [];
  /** When the present turn of the loop first had work of ours; undefined before that. */
  #beganAtMs: number | undefined;
  #isBusy = false;
  readonly #nowMs: () => number;

  constructor(nowMs = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** Undefined when the turn is here. Work follows directly: nothing that waits for others in between. */
  take(): Promise<void> | undefined {
    if (this.#beganAtMs === undefined) this.#begin();
    if (this.#isBusy || this.#waiting.length > 0 || this.#isLong) {
      return new Promise((resolve) => this.#waiting.push(resolve));
    }
    this.#work();
    return undefined;
  }

  get #isLong(): boolean {
    return this.#beganAtMs !== undefined && this.#nowMs() - this.#beganAtMs >= TURN_MS;
  }

  #begin(): void {
    this.#beganAtMs = this.#nowMs();
    setImmediate(this.#nextTurn);
  }

  /** Ticks that are asked for in a microtask come after all microtasks: the work has gone as far as it can without waiting for others. */
  #work(): void {
    this.#isBusy = true;
    queueMicrotask(() => process.nextTick(this.#onWorked));
  }

  readonly #onWorked = (): void => {
    this.#isBusy = false;
    if (!this.#isLong) this.#pass();
  };

  #pass(): void {
    const next = this.#waiting.shift();
    if (!next) return;
    this.#work();
    next();
  }

  /** An immediate follows the loop's poll: what it brought was another turn's. */
  readonly #nextTurn = (): void => {
    this.#beganAtMs = undefined;
    if (this.#waiting.length === 0) return;
    this.#begin();
    if (!this.#isBusy) this.#pass();
  };
}
