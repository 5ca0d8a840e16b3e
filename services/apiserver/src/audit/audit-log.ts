import { closeSync, fstatSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, writeSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";

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
}

export interface AuditLog {
  write(line: string): void;
}

/** `-` is standard output. Everything else is a file; a line is in it when `write` returns. */
export function createAuditLog(path: string, limits: RotationLimits, nowMs: () => number = Date.now): AuditLog {
  if (path === "-") return { write: (line) => void process.stdout.write(`${line}\n`) };
  mkdirSync(dirname(path), { recursive: true });
  return new RotatingFile(path, limits, nowMs);
}

/** A file that is set aside as `name-<time>.ext` before it grows beyond its size, as upstream names them. */
class RotatingFile implements AuditLog {
  readonly #path: string;
  readonly #limits: RotationLimits;
  readonly #nowMs: () => number;
  readonly #bytesMax: number;
  #file: number;
  #bytes: number;

  constructor(path: string, limits: RotationLimits, nowMs: () => number) {
    this.#path = path;
    this.#limits = limits;
    this.#nowMs = nowMs;
    this.#bytesMax = (limits.maxSizeMegabytes || DEFAULT_MEGABYTES) * BYTES_PER_MEGABYTE;
    this.#file = openSync(path, "a", 0o600);
    this.#bytes = fstatSync(this.#file).size;
  }

  write(line: string): void {
    const bytes = Buffer.from(`${line}\n`);
    if (this.#bytes > 0 && this.#bytes + bytes.length > this.#bytesMax) this.#rotate();
    writeSync(this.#file, bytes);
    this.#bytes += bytes.length;
  }

  #rotate(): void {
    closeSync(this.#file);
    renameSync(this.#path, this.#backupPath(this.#nowMs()));
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

/** Not a number for what is no backup. */
function backupTimeMs(name: string, prefix: string, extension: string): number {
  if (!name.startsWith(prefix) || !name.endsWith(extension)) return Number.NaN;
  const match = /^(\d{4}-\d\d-\d\dT\d\d)-(\d\d)-(\d\d\.\d{3})$/.exec(
    name.slice(prefix.length, name.length - extension.length),
  );
  return match ? Date.parse(`${match[1]}:${match[2]}:${match[3]}Z`) : Number.NaN;
}
