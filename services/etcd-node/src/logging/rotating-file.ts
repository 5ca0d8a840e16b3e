import {
  closeSync,
  createReadStream,
  createWriteStream,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { LogSink } from "@drydock/component";
import type { Rotation } from "./parse-rotation.ts";
import { type Backup, backupName, parseBackups, planBackups } from "./plan-backups.ts";

const MIB = 1024 * 1024;
const DEFAULT_MAX_SIZE = 100;

/**
 * A file of the log that is begun anew before it would grow beyond its size: what it held stays beside it, under the time at which that was. The same
 * names as etcd's, so that either finds the other's.
 */
export class RotatingFile implements LogSink {
  readonly #path: string;
  readonly #rotation: Rotation;
  readonly #maxBytes: number;
  readonly #now: () => Date;
  #descriptor: number | undefined;
  #size = 0;
  /** Older files are looked through one time after the other. */
  #tidied: Promise<void> = Promise.resolve();

  /** Nothing is opened before the first line. */
  constructor(path: string, rotation: Rotation, now = () => new Date()) {
    this.#path = path;
    this.#rotation = rotation;
    this.#maxBytes = (rotation.maxSize || DEFAULT_MAX_SIZE) * MIB;
    this.#now = now;
  }

  write(text: string): void {
    const length = Buffer.byteLength(text);
    if (length > this.#maxBytes) return;
    try {
      if (this.#descriptor === undefined) this.#open(length);
      else if (this.#size + length > this.#maxBytes) this.#rotate();
      writeSync(this.#descriptor as number, text);
      this.#size += length;
    } catch {
      // A member does its work on a disk that is full, too.
    }
  }

  /** Resolves when nothing is being compressed or removed any more. */
  tidied(): Promise<void> {
    return this.#tidied;
  }

  #open(length: number): void {
    this.#tidy();
    const size = statSync(this.#path, { throwIfNoEntry: false })?.size;
    if (size !== undefined && size + length < this.#maxBytes) {
      this.#descriptor = openSync(this.#path, "a", 0o644);
      this.#size = size;
    } else this.#begin();
  }

  #rotate(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
    this.#begin();
    this.#tidy();
  }

  #begin(): void {
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o755 });
    const mode = statSync(this.#path, { throwIfNoEntry: false })?.mode;
    if (mode !== undefined)
      renameSync(this.#path, join(dirname(this.#path), backupName(basename(this.#path), this.#now(), this.#rotation)));
    this.#descriptor = openSync(this.#path, "w", mode === undefined ? 0o600 : mode & 0o777);
    this.#size = 0;
  }

  #tidy(): void {
    const { maxBackups, maxAge, isCompressed } = this.#rotation;
    if (maxBackups === 0 && maxAge === 0 && !isCompressed) return;
    this.#tidied = this.#tidied.then(() => this.#tidyNow()).catch(() => {});
  }

  async #tidyNow(): Promise<void> {
    const directory = dirname(this.#path);
    const names = readdirSync(directory);
    const { remove, compress } = planBackups(parseBackups(names, basename(this.#path), this.#rotation), {
      ...this.#rotation,
      nowMs: this.#now().getTime(),
    });
    for (const { name } of remove) rmSync(join(directory, name), { force: true });
    for (const backup of compress) await compressFile(directory, backup);
  }
}

async function compressFile(directory: string, { name }: Backup): Promise<void> {
  const from = join(directory, name);
  const to = `${from}.gz`;
  try {
    await pipeline(createReadStream(from), createGzip(), createWriteStream(to, { mode: statSync(from).mode }));
    rmSync(from);
  } catch {
    rmSync(to, { force: true });
  }
}
