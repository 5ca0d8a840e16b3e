import { chmod, mkdir, readdir, readFile, readlink, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

export interface FileContent {
  readonly data: Buffer;
  readonly mode: number;
}

/** Paths relative to the volume's root. */
export type Payload = ReadonlyMap<string, FileContent>;

const DATA_LINK = "..data";

/**
 * Replaces all files of a volume at once, as upstream's AtomicWriter does: a new timestamped directory, the `..data` link swung over
 * to it by rename, user-visible links into `..data`. A reader never sees half of an update. Returns whether anything changed.
 */
export async function writeAtomically(directory: string, payload: Payload, versionName: string): Promise<boolean> {
  await mkdir(directory, { recursive: true });
  const current = await readlink(join(directory, DATA_LINK)).catch(() => undefined);
  if (current !== undefined && (await hasSameContent(join(directory, current), payload))) return false;
  const next = `..${versionName}`;
  await writeVersion(join(directory, next), payload);
  const temporaryLink = join(directory, "..data_tmp");
  await rm(temporaryLink, { force: true });
  await symlink(next, temporaryLink);
  await rename(temporaryLink, join(directory, DATA_LINK));
  await linkTopLevelNames(directory, payload);
  if (current !== undefined && current !== next) await rm(join(directory, current), { recursive: true, force: true });
  return true;
}

async function writeVersion(directory: string, payload: Payload): Promise<void> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true, mode: 0o755 });
  for (const [path, { data, mode }] of payload) {
    const file = join(directory, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, data);
    await chmod(file, mode);
  }
}

async function linkTopLevelNames(directory: string, payload: Payload): Promise<void> {
  const wanted = new Set([...payload.keys()].map((path) => path.split("/")[0] as string));
  const present = await readdir(directory);
  for (const name of present)
    if (!name.startsWith("..") && !wanted.has(name)) await rm(join(directory, name), { recursive: true, force: true });
  for (const name of wanted) {
    if (!present.includes(name)) await symlink(join(DATA_LINK, name), join(directory, name));
  }
}

async function hasSameContent(directory: string, payload: Payload): Promise<boolean> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile());
  if (files.length !== payload.size) return false;
  for (const [path, { data }] of payload) {
    const present = await readFile(join(directory, path)).catch(() => undefined);
    if (!present?.equals(data)) return false;
  }
  return true;
}
