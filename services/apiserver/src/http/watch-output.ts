import type { Exchange } from "./exchange.ts";

/** Bytes are put together up to this size: many small writes cost more than the copy. */
const chunkBytes = 64 * 1024;

/** Where a watch's bytes go, no faster than its client takes them. */
export interface WatchOutput {
  /** `make` is asked at once when the client keeps up; otherwise when its turn comes, so that what waits costs next to nothing. */
  push(make: () => Buffer): void;
  /** How many of those pushed the client has yet to take. */
  readonly waiting: number;
  /** Ends the response when all that was pushed is written. */
  end(): void;
  /** Breaks off. */
  destroy(): void;
}

/** What is pushed in one turn goes out together at its end. `onWritten` is called for each that was pushed, with its bytes. */
export function createWatchOutput(response: Exchange["response"], onWritten: (bytes: Buffer) => void): WatchOutput {
  let pending: (Buffer | (() => Buffer))[] = [];
  /** How far `pending` has been written. */
  let at = 0;
  let isBlocked = false;
  let isScheduled = false;
  let isEnding = false;

  const flush = (): void => {
    isScheduled = false;
    while (!isBlocked && at < pending.length && !response.destroyed) isBlocked = !write(response, nextChunk());
    if (at < pending.length) return;
    pending = [];
    at = 0;
    if (isEnding) response.end();
  };
  const nextChunk = (): Buffer => {
    const parts: Buffer[] = [];
    let length = 0;
    while (at < pending.length && length < chunkBytes) {
      const entry = pending[at] as Buffer | (() => Buffer);
      const bytes = typeof entry === "function" ? entry() : entry;
      pending[at++] = noBytes;
      onWritten(bytes);
      parts.push(bytes);
      length += bytes.length;
    }
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts, length);
  };
  const schedule = (): void => {
    if (isScheduled || isBlocked) return;
    isScheduled = true;
    queueMicrotask(flush);
  };
  response.on("drain", () => {
    isBlocked = false;
    flush();
  });
  let turnBytes = 0;
  return {
    push(make) {
      if (pending.length === 0) turnBytes = 0;
      const isEager = !isBlocked && turnBytes < chunkBytes;
      if (isEager) {
        const bytes = make();
        turnBytes += bytes.length;
        pending.push(bytes);
      } else pending.push(make);
      schedule();
    },
    get waiting() {
      return pending.length - at;
    },
    end() {
      isEnding = true;
      schedule();
    },
    destroy: () => response.destroy(),
  };
}

const noBytes = Buffer.alloc(0);

/** False when the client should be waited for. Both HTTP versions take bytes; their overloads have no common form. */
function write(response: Exchange["response"], bytes: Buffer): boolean {
  return (response as { write(bytes: Buffer): boolean }).write(bytes);
}
