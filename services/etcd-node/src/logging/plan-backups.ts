import { extname } from "node:path";
import type { Rotation } from "./parse-rotation.ts";

/** A file that was the log once. */
export interface Backup {
  readonly name: string;
  readonly atMs: number;
}

const COMPRESSED = ".gz";
const DAY_MS = 24 * 3600 * 1000;

/** `etcd.log` at that time: `etcd-2026-01-02T15-04-05.000.log`. */
export function backupName(name: string, at: Date, { isLocalTime }: Pick<Rotation, "isLocalTime">): string {
  const shown = isLocalTime ? new Date(at.getTime() - at.getTimezoneOffset() * 60_000) : at;
  const { prefix, extension } = partsOf(name);
  return `${prefix}${shown.toISOString().replaceAll(":", "-").slice(0, -1)}${extension}`;
}

/** Those of a directory's files that `name` was once, newest first. */
export function parseBackups(
  names: readonly string[],
  name: string,
  { isLocalTime }: Pick<Rotation, "isLocalTime">,
): Backup[] {
  const { prefix, extension } = partsOf(name);
  return names
    .flatMap((each) => {
      const plain = each.endsWith(COMPRESSED) ? each.slice(0, -COMPRESSED.length) : each;
      if (!plain.startsWith(prefix) || !plain.endsWith(extension)) return [];
      const time = plain.slice(prefix.length, plain.length - extension.length);
      const [, day, hour, minute, rest] = /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d\.\d{3})$/.exec(time) ?? [];
      const atMs = Date.parse(`${day}T${hour}:${minute}:${rest}${isLocalTime ? "" : "Z"}`);
      return Number.isNaN(atMs) ? [] : [{ name: each, atMs }];
    })
    .sort((a, b) => b.atMs - a.atMs);
}

/** What becomes of them: too many or too old are removed, of the rest those are compressed that are not yet. */
export function planBackups(
  backups: readonly Backup[],
  { maxBackups, maxAge, isCompressed, nowMs }: Omit<Rotation, "maxSize" | "isLocalTime"> & { readonly nowMs: number },
): { readonly remove: readonly Backup[]; readonly compress: readonly Backup[] } {
  // One that is being compressed is there twice.
  const times = [...new Set(backups.map(({ atMs }) => atMs))];
  const kept = new Set(maxBackups > 0 ? times.slice(0, maxBackups) : times);
  const isKept = ({ atMs }: Backup) => kept.has(atMs) && (maxAge === 0 || atMs >= nowMs - maxAge * DAY_MS);
  return {
    remove: backups.filter((backup) => !isKept(backup)),
    compress: isCompressed ? backups.filter((backup) => isKept(backup) && !backup.name.endsWith(COMPRESSED)) : [],
  };
}

function partsOf(name: string): { prefix: string; extension: string } {
  const extension = extname(name);
  return { prefix: `${name.slice(0, name.length - extension.length)}-`, extension };
}
