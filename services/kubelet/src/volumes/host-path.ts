import type { Stats } from "node:fs";
import { mkdir, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ContainerConfigError } from "../container/object-source.ts";
import type { VolumePlugin } from "./volume-plugin.ts";

/** A path on the node's own disk, which is a directory of the node's volume: nodes are containers, and see nothing of the host. */
export const hostPathVolume = {
  type: "hostPath",
  async setUp(context) {
    const { path, type = "" } = context.volume.hostPath ?? { path: "/" };
    const local = join(context.nodeRoot, path);
    await ensureType(local, path, type);
    return {
      source: context.toDaemonPath(local),
      localPath: local,
      hasSubPaths: true,
      isReadOnly: false,
      needsSandbox: false,
    };
  },
} satisfies VolumePlugin;

async function ensureType(local: string, path: string, type: string): Promise<void> {
  const found = await stat(local).catch(() => undefined);
  if (!found && (type === "" || type === "DirectoryOrCreate")) {
    await mkdir(local, { recursive: true, mode: 0o755 });
    return;
  }
  if (!found && type === "FileOrCreate") {
    // As upstream: the parent must be there already.
    await stat(dirname(local));
    await writeFile(local, "", { mode: 0o644 });
    return;
  }
  const check = CHECKS[type];
  if (check && !(found && check.fits(found)))
    throw new ContainerConfigError(`hostPath type check failed: ${path} is not a ${check.name}`);
}

const CHECKS: Readonly<Record<string, { name: string; fits: (found: Stats) => boolean }>> = {
  Directory: { name: "directory", fits: (found) => found.isDirectory() },
  DirectoryOrCreate: { name: "directory", fits: (found) => found.isDirectory() },
  File: { name: "file", fits: (found) => found.isFile() },
  FileOrCreate: { name: "file", fits: (found) => found.isFile() },
  Socket: { name: "socket file", fits: (found) => found.isSocket() },
  CharDevice: { name: "character device", fits: (found) => found.isCharacterDevice() },
  BlockDevice: { name: "block device", fits: (found) => found.isBlockDevice() },
};
