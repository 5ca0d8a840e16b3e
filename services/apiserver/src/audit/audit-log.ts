import {
  closeSync,
  createReadStream,
  createWriteStream,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { stringifyJson } from "@drydock/apimachinery";
import type { AuditBackend } from "./audit-backend.ts";

const BYTES_PER_MEGABYTE = 1024 * 1024;
const DAY_MS = 86_400_000;
const DEFAULT_MEGABYTES = 100;

export interface RotationLimits {
  /** 0 for 100. */
  readonly maxSizeMegabytes: number;
  /** 0 for all. */
  readonly maxBackups: number;
  /** 0 for ever. */
  readonly maxAgeDays: number;
  /** Whether what is set aside is compressed. */
  readonly isCompressed: boolean;
}

/** Lines of JSON. `-` is standard output; everything else is a file, and a line is in it when `write` returns. */
export function createAuditLog(path: string, limits: RotationLimits, nowMs: () => number = Date.now): AuditBackend {
  if (path === "-") return { write: (event) => void process.stdout.write(`${stringifyJson(event)}\n`) };
  mkdirSync(dirname(path), { recursive: true });
  return new RotatingFile(path, limits, nowMs);
}

/** A file that is set aside as `name-<time>.ext` before it grows beyond its size, as upstream names them. */
class RotatingFile implements AuditBackend {
  readonly #path: string;
  readonly #limits: RotationLimits;
  readonly #nowMs: () => number;
  readonly #bytesMax: number;
  #file: number;
  #bytes: number;
  #compressing: Promise<void> = Promise.resolve();

  constructor(path: string, limits: RotationLimits, nowMs: () => number) {
    this.#path = path;
    this.#limits = limits;
    this.#nowMs = nowMs;
    this.#bytesMax = (limits.maxSizeMegabytes || DEFAULT_MEGABYTES) * BYTES_PER_MEGABYTE;
    this.#file = openSync(path, "a", 0o600);
    this.#bytes = fstatSync(this.#file).size;
  }

  write(event: object): void {
    const bytes = Buffer.from(`${stringifyJson(event)}\n`);
    if (this.#bytes > 0 && this.#bytes + bytes.length > this.#bytesMax) this.#rotate();
    writeSync(this.#file, bytes);
    this.#bytes += bytes.length;
  }

  stop(): Promise<void> {
    return this.#compressing;
  }

  #rotate(): void {
    closeSync(this.#file);
    const backup = this.#backupPath(this.#nowMs());
    renameSync(this.#path, backup);
    if (this.#limits.isCompressed) this.#compressing = this.#compressing.then(() => compress(backup)).catch(() => {});
    this.#file = openSync(this.#path, "a", 0o600);
    this.#bytes = 0;
    this.#removeOld();
  }

  #backupPath(atMs: number): string {
    const extension = extname(this.#path);
    const time = new Date(atMs).toISOString().replaceAll(":", "-").slice(0, -1);
    return join(dirname(this.#path), `${basename(this.#path, extension)}-${time}${extension}`);
  }

  #removeOld(): void {
    const { maxBackups, maxAgeDays } = this.#limits;
    const extension = extname(this.#path);
    const prefix = `${basename(this.#path, extension)}-`;
    const backups = readdirSync(dirname(this.#path))
      .map((name) => ({ name, atMs: backupTimeMs(name, prefix, extension) }))
      .filter(({ atMs }) => !Number.isNaN(atMs))
      .sort((left, right) => right.atMs - left.atMs);
    const oldestMs = maxAgeDays > 0 ? this.#nowMs() - maxAgeDays * DAY_MS : Number.NEGATIVE_INFINITY;
    backups.forEach(({ name, atMs }, index) => {
      if ((maxBackups > 0 && index >= maxBackups) || atMs < oldestMs) rmSync(join(dirname(this.#path), name));
    });
  }
}

async function compress(path: string): Promise<void> {
  await pipeline(createReadStream(path), createGzip(), createWriteStream(`${path}.gz`, { mode: 0o600 }));
  rmSync(path);
}

/** Not a number for what is no backup. */
function backupTimeMs(file: string, prefix: string, extension: string): number {
  const name = file.replace(/\.gz$/, "");
  if (!name.startsWith(prefix) || !name.endsWith(extension)) return Number.NaN;
  const match = /^(\d{4}-\d\d-\d\dT\d\d)-(\d\d)-(\d\d\.\d{3})$/.exec(
    name.slice(prefix.length, name.length - extension.length),
  );
  return match ? Date.parse(`${match[1]}:${match[2]}:${match[3]}Z`) : Number.NaN;
}
