import { readFile, stat } from "node:fs/promises";
import type { Logger } from "@drydock/component";

const LOOK_MS = 2_000;

/** What stands in a file, as of a moment ago. While the file is missing or makes no sense, what stood there before. */
export class WatchedFile<T> {
  readonly #path: string;
  readonly #parse: (bytes: Buffer) => T;
  readonly #logger: Logger;
  readonly #timer: NodeJS.Timeout;
  readonly #listeners: (() => void)[] = [];
  readonly #failureListeners: (() => void)[] = [];
  #current: T;
  #stamp: string;

  private constructor(path: string, parse: (bytes: Buffer) => T, logger: Logger, current: T, stamp: string) {
    this.#path = path;
    this.#parse = parse;
    this.#logger = logger;
    this.#current = current;
    this.#stamp = stamp;
    this.#timer = setInterval(() => void this.#look(), LOOK_MS);
    this.#timer.unref();
  }

  /** Throws when the file cannot be read or parsed now. */
  static async open<T>(path: string, parse: (bytes: Buffer) => T, logger: Logger): Promise<WatchedFile<T>> {
    const stamp = await stampOf(path);
    return new WatchedFile(path, parse, logger, parse(await readFile(path)), stamp);
  }

  get current(): T {
    return this.#current;
  }

  /** Called after the content has changed. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Called when the content has changed and cannot be used. */
  onFailure(listener: () => void): void {
    this.#failureListeners.push(listener);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    try {
      const stamp = await stampOf(this.#path);
      if (stamp === this.#stamp) return;
      // What makes no sense is told once, not at every look.
      const bytes = await readFile(this.#path);
      this.#stamp = stamp;
      this.#current = this.#parse(bytes);
      this.#logger.info({ path: this.#path }, "a file has changed and was read again");
      for (const listener of this.#listeners) listener();
    } catch (error) {
      this.#logger.warn({ path: this.#path, err: (error as Error).message }, "a changed file cannot be used");
      for (const listener of this.#failureListeners) listener();
    }
  }
}

async function stampOf(path: string): Promise<string> {
  const { mtimeMs, size, ino } = await stat(path);
  return `${mtimeMs}/${size}/${ino}`;
}
