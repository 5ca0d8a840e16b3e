/** Where a loop waits until there is something to do. A signal that nobody waits for is lost: whoever waits has looked before, in the same turn. */
export class Wakeup {
  #wake: (() => void) | undefined;

  signal(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  /** Until the next signal, and on to the end of that turn of the event loop: everything that arrives in it takes part. */
  async wait(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    await new Promise((resolve) => setImmediate(resolve));
  }
}
