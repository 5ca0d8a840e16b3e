import { openSync, writeSync } from "node:fs";
import type { LogSink } from "@drydock/component";

/** A file that lines are added to. */
export class LogFile implements LogSink {
  readonly #descriptor: number;

  /** Throws, in etcd's words, when it cannot be opened. */
  constructor(path: string) {
    try {
      this.#descriptor = openSync(path, "a", 0o666);
    } catch (error) {
      throw new Error(`open sink "${path}": open ${path}: ${reasonOf(error as NodeJS.ErrnoException)}`);
    }
  }

  write(text: string): void {
    try {
      writeSync(this.#descriptor, text);
    } catch {
      // A member does its work on a disk that is full, too.
    }
  }
}

/** As Go puts it: the system's words alone. */
function reasonOf({ message }: NodeJS.ErrnoException): string {
  return /^[A-Z0-9]+: (.*), open /.exec(message)?.[1] ?? message;
}
