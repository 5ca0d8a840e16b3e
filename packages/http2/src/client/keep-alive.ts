import type { Pings } from "../pings.ts";

export interface KeepAliveOptions {
  /** Between two pings; 0 means none. */
  readonly everyMs: number;
  /** For any sign of life after a ping. */
  readonly timeoutMs: number;
  /** Also while no stream is open. */
  readonly whileIdle: boolean;
}

/** Asks the peer for a sign of life again and again, and tells when none came. */
export class KeepAlive {
  readonly #options: KeepAliveOptions;
  readonly #pings: Pings;
  readonly #isIdle: () => boolean;
  readonly #onSilence: () => void;
  #timer: NodeJS.Timeout | undefined;
  #hasRead = false;
  #isStopped = false;

  constructor(options: KeepAliveOptions, pings: Pings, isIdle: () => boolean, onSilence: () => void) {
    this.#options = options;
    this.#pings = pings;
    this.#isIdle = isIdle;
    this.#onSilence = onSilence;
    if (options.everyMs > 0) this.#wait();
  }

  onRead(): void {
    this.#hasRead = true;
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #wait(): void {
    this.#timer = setTimeout(() => this.#ask(), this.#options.everyMs).unref();
  }

  #ask(): void {
    if (this.#isIdle() && !this.#options.whileIdle) return this.#wait();
    this.#hasRead = false;
    this.#pings.send(() => {});
    // If this process was busy for long, the answer may lie in the kernel: it is read before the verdict.
    this.#timer = setTimeout(() => setImmediate(() => this.#judge()), this.#options.timeoutMs).unref();
  }

  #judge(): void {
    if (this.#isStopped) return;
    if (this.#hasRead) this.#wait();
    else this.#onSilence();
  }
}
