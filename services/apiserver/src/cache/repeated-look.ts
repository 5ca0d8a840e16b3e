import type { WatchCache } from "./watch-cache.ts";

const RETRY_MS = 1000;

/** Subscribes to something that changes; returns the way to unsubscribe. */
type Changing = (onChange: () => void) => () => void;

export function changesOf(cache: WatchCache): Changing {
  return (onChange) => cache.listen({ onEvent: onChange, onReset: onChange });
}

/**
 * Looks when it starts and after every change: never twice at the same time, once for changes that come together, and always once more
 * after the last of them. A look that fails is repeated after a second.
 */
export class RepeatedLook {
  readonly #sources: readonly Changing[];
  readonly #look: () => Promise<void>;
  readonly #onFailure: (error: Error) => void;
  #unlisten: (() => void)[] = [];
  #isPending = false;
  #isLooking = false;
  #isStopped = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(sources: readonly Changing[], look: () => Promise<void>, onFailure: (error: Error) => void) {
    this.#sources = sources;
    this.#look = look;
    this.#onFailure = onFailure;
  }

  start(): void {
    this.#unlisten = this.#sources.map((listen) => listen(this.#wake));
    this.#wake();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    for (const unlisten of this.#unlisten) unlisten();
  }

  readonly #wake = (): void => {
    this.#isPending = true;
    if (this.#isLooking || this.#isStopped) return;
    this.#isLooking = true;
    // Changes come many at a time, those by our own writes too.
    setImmediate(() => void this.#run());
  };

  async #run(): Promise<void> {
    clearTimeout(this.#timer);
    while (this.#isPending && !this.#isStopped) {
      this.#isPending = false;
      try {
        await this.#look();
      } catch (error) {
        if (this.#isStopped) break;
        this.#onFailure(error as Error);
        this.#timer = setTimeout(this.#wake, RETRY_MS);
        break;
      }
    }
    this.#isLooking = false;
  }
}
