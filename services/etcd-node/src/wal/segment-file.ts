import { closeSync, constants, fdatasync, fdatasyncSync, openSync, renameSync, write, writeSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { promisify } from "node:util";
import { failpoint } from "../driver/failpoints.ts";

const writeAsync = promisify(write);
const fdatasyncAsync = promisify(fdatasync);
/** Where the system has it, a write returns when its bytes are on the disk: one call instead of two. */
const DSYNC = constants.O_DSYNC ?? 0;
/** See `skipSyncs`. */
let isSyncing = true;
const ZEROS = Buffer.alloc(1024 * 1024);
/**
 * A disk this fast (moving average) is written to in the event loop: handing the work to another thread and hearing of its end takes longer. It
 * is part of what is measured while writes go that way, so the limit leaves room for it: where a write takes 0.17 ms itself, a busy loop sees 0.5.
 */
const FAST_MS = 1;

/** From now on what is appended need not be on the disk: --unsafe-no-fsync. */
export function skipSyncs(): void {
  isSyncing = false;
}

/** In whatever way ends first, or in another thread. */
export type WayToWrite = "soonest" | "beside";

/** How long writes take, over all segments of a log. */
export class WriteTimes {
  #averageMs = 1;

  note(ms: number): void {
    this.#averageMs += (ms - this.#averageMs) / 16;
  }

  get isFast(): boolean {
    return this.#averageMs < FAST_MS;
  }
}

/** One segment, open for appending. What `append` resolved for is on the disk. */
export class SegmentFile {
  readonly #fd: number;
  readonly #times: WriteTimes;
  #offset: number;

  private constructor(fd: number, offset: number, times: WriteTimes) {
    this.#fd = fd;
    this.#offset = offset;
    this.#times = times;
  }

  /** Goes on at `offset` of a file that is there. */
  static open(path: string, offset: number, times: WriteTimes): SegmentFile {
    return new SegmentFile(openSync(path, constants.O_RDWR | (isSyncing ? DSYNC : 0)), offset, times);
  }

  /** Makes a file of zeros, on the disk: writes into it later need not wait for the file's size and place to be recorded. */
  static async allocate(path: string, bytes: number): Promise<void> {
    const file = await open(`${path}.new`, "w");
    try {
      for (let at = 0; at < bytes; at += ZEROS.length)
        await file.write(ZEROS, 0, Math.min(ZEROS.length, bytes - at), at);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.new`, path);
  }

  /** A file that `allocate` made gets its name. */
  static take(allocated: string, path: string, times: WriteTimes): SegmentFile {
    renameSync(allocated, path);
    return SegmentFile.open(path, 0, times);
  }

  get offset(): number {
    return this.#offset;
  }

  async append(bytes: Buffer, way: WayToWrite = "soonest"): Promise<void> {
    const writePart = () => writeSync(this.#fd, bytes, 0, bytes.length >> 1, this.#offset);
    const isLost = failpoint("wal-append", writePart) === "skip";
    const startMs = performance.now();
    if (isLost) await Promise.resolve();
    else if (way === "soonest" && this.#times.isFast) this.#appendNow(bytes);
    else await this.#appendAsync(bytes);
    this.#offset += bytes.length;
    // Beside other work a write takes as long as that work: it does not tell how fast the disk is.
    if (way === "soonest") this.#times.note(performance.now() - startMs);
  }

  close(): void {
    closeSync(this.#fd);
  }

  #appendNow(bytes: Buffer): void {
    for (let done = 0; done < bytes.length; )
      done += writeSync(this.#fd, bytes, done, bytes.length - done, this.#offset + done);
    if (!DSYNC && isSyncing) fdatasyncSync(this.#fd);
  }

  async #appendAsync(bytes: Buffer): Promise<void> {
    for (let done = 0; done < bytes.length; )
      done += (await writeAsync(this.#fd, bytes, done, bytes.length - done, this.#offset + done)).bytesWritten;
    if (!DSYNC && isSyncing) await fdatasyncAsync(this.#fd);
  }
}

/** Removes what `allocate` left half done or unused. */
export async function removeAllocated(path: string): Promise<void> {
  await rm(path, { force: true });
  await rm(`${path}.new`, { force: true });
}
