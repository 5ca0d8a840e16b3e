import { closeSync, constants, fdatasync, fdatasyncSync, openSync, readSync, write, writeSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { promisify } from "node:util";
import { failpoint } from "../driver/failpoints.ts";
import { AlignedBlocks, startOfLastBlock } from "./aligned-blocks.ts";

const writeAsync = promisify(write);
const fdatasyncAsync = promisify(fdatasync);
/** Where the system has it, a write returns when its bytes are on the disk: one call instead of two. */
const DSYNC = constants.O_DSYNC ?? 0;
/** Where the system has it, what is written goes past its page cache: nobody reads it there, and a short write costs a quarter less. */
const DIRECT = constants.O_DIRECT ?? 0;
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

/** How a log is written, over all of its segments. */
export class LogDisk {
  readonly times = new WriteTimes();
  readonly blocks = new AlignedBlocks();
}

/** How long writes take. */
class WriteTimes {
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
  readonly #path: string;
  readonly #disk: LogDisk;
  /** Past the page cache, in whole blocks. */
  readonly #isDirect: boolean;
  #offset: number;

  private constructor(path: string, offset: number, disk: LogDisk) {
    this.#path = path;
    this.#disk = disk;
    this.#offset = offset;
    const direct = isSyncing && DSYNC && DIRECT ? openDirect(path, offset, disk.blocks) : undefined;
    this.#isDirect = direct !== undefined;
    this.#fd = direct ?? openSync(path, constants.O_RDWR | (isSyncing ? DSYNC : 0));
  }

  /** Goes on at `offset` of a file that is there. */
  static open(path: string, offset: number, disk: LogDisk): SegmentFile {
    return new SegmentFile(path, offset, disk);
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

  get offset(): number {
    return this.#offset;
  }

  /** What is made here, at the beginning, `append` need not copy; undefined where it never does. Nothing may be being appended meanwhile. */
  get room(): Buffer | undefined {
    return this.#isDirect ? this.#disk.blocks.room : undefined;
  }

  async append(bytes: Buffer, way: WayToWrite = "soonest"): Promise<void> {
    const { times } = this.#disk;
    const isLost = failpoint("wal-append", () => this.#writeHalf(bytes)) === "skip";
    const startMs = performance.now();
    if (isLost) await this.#skip(bytes.length);
    else if (way === "soonest" && times.isFast) this.#appendNow(bytes);
    else await this.#appendAsync(bytes);
    this.#offset += bytes.length;
    // Beside other work a write takes as long as that work: it does not tell how fast the disk is.
    if (way === "soonest") times.note(performance.now() - startMs);
  }

  close(): void {
    closeSync(this.#fd);
  }

  #appendNow(bytes: Buffer): void {
    for (const { blocks, at, isWritten } of this.#parts(bytes)) {
      for (let done = 0; done < blocks.length; )
        done += progressOf(writeSync(this.#fd, blocks, done, blocks.length - done, at + done));
      isWritten();
    }
    if (!DSYNC && isSyncing) fdatasyncSync(this.#fd);
  }

  async #appendAsync(bytes: Buffer): Promise<void> {
    for (const { blocks, at, isWritten } of this.#parts(bytes)) {
      for (let done = 0; done < blocks.length; ) {
        const { bytesWritten } = await writeAsync(this.#fd, blocks, done, blocks.length - done, at + done);
        done += progressOf(bytesWritten);
      }
      isWritten();
    }
    if (!DSYNC && isSyncing) await fdatasyncAsync(this.#fd);
  }

  /** What is to be written, and where: one part as a rule. */
  *#parts(bytes: Buffer): Iterable<{ blocks: Buffer; at: number; isWritten(): void }> {
    if (!this.#isDirect) {
      yield { blocks: bytes, at: this.#offset, isWritten: () => {} };
      return;
    }
    const { blocks } = this.#disk;
    for (let done = 0; done < bytes.length; ) {
      const part = bytes.subarray(done, done + blocks.room.length);
      const at = startOfLastBlock(this.#offset + done);
      yield { blocks: blocks.stage(part), at, isWritten: () => blocks.written(part.length) };
      done += part.length;
    }
  }

  /** Nothing is written where so many octets were to be. */
  async #skip(length: number): Promise<void> {
    for (const { isWritten } of this.#parts(Buffer.alloc(length))) isWritten();
  }

  /** As a process that ends in the middle of a write leaves it. */
  #writeHalf(bytes: Buffer): void {
    const fd = openSync(this.#path, "r+");
    writeSync(fd, bytes, 0, bytes.length >> 1, this.#offset);
    closeSync(fd);
  }
}

/** Undefined where the file system or the disk does not take writes past the page cache: the last block is written as it is, to see whether it does. */
function openDirect(path: string, offset: number, blocks: AlignedBlocks): number | undefined {
  const start = startOfLastBlock(offset);
  let fd: number | undefined;
  try {
    const tail = Buffer.alloc(offset - start);
    const reader = openSync(path, "r");
    readSync(reader, tail, 0, tail.length, start);
    closeSync(reader);
    blocks.restart(tail);
    fd = openSync(path, constants.O_RDWR | DSYNC | DIRECT);
    const block = blocks.stage(Buffer.alloc(1));
    if (writeSync(fd, block, 0, block.length, start) === block.length) return fd;
  } catch {
    // It is not for us to say what is wrong: if anything is, the other way shows it.
  }
  if (fd !== undefined) closeSync(fd);
  return undefined;
}

/** A disk that takes nothing, and does not say why, takes nothing the next time either. */
function progressOf(bytesWritten: number): number {
  if (bytesWritten === 0) throw new Error("the disk took nothing of what was to be written to the log");
  return bytesWritten;
}

/** Removes what `allocate` left half done or unused. */
export async function removeAllocated(path: string): Promise<void> {
  await rm(path, { force: true });
  await rm(`${path}.new`, { force: true });
}
