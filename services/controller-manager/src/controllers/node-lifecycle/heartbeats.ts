interface Heard {
  readonly mark: string;
  readonly silentMs: number;
  readonly lookedAtMs: number;
}

/**
 * How long each node has said nothing new, by this process's own clock: the nodes' clocks may be wrong, and a new leader gives everybody a fresh start.
 * Only time in which this process looked counts: one that stood still itself, or waited for a processor, has missed what the nodes said meanwhile.
 */
export class Heartbeats {
  readonly #heard = new Map<string, Heard>();
  readonly #lookMsMax: number;

  /** What lies between two looks counts for no more than `lookMsMax`. */
  constructor(lookMsMax: number) {
    this.#lookMsMax = lookMsMax;
  }

  /** A look at what the node last said, which is `mark`; for how long it has said that, in milliseconds. */
  look(node: string, mark: string, nowMs: number): number {
    const before = this.#heard.get(node);
    const silentMs = before?.mark === mark ? before.silentMs + Math.min(nowMs - before.lookedAtMs, this.#lookMsMax) : 0;
    this.#heard.set(node, { mark, silentMs, lookedAtMs: nowMs });
    return silentMs;
  }

  forget(node: string): void {
    this.#heard.delete(node);
  }

  /** Nobody could be heard: everybody gets a fresh start. */
  clear(): void {
    this.#heard.clear();
  }
}
