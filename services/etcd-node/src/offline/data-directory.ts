import { existsSync } from "node:fs";
import { join } from "node:path";
import { Store } from "@drydock/mvcc";
import { LmdbBackend } from "../backend/lmdb-backend.ts";
import { type HashKv, hashKvAt } from "../corruption/hash-kv.ts";
import { memberPaths } from "../driver/open-state.ts";
import { OfflineError } from "../snapshot/snapshot-file.ts";

/** Of what the database holds: a member's log may know of more, which it applies when it starts. `revision` 0 is the last one. */
export function hashDataDirectory(dataDir: string, revision: number): Promise<HashKv> {
  return withBackend(dataDir, async (backend) => {
    const store = new Store(backend);
    const hashRevision = revision > 0 ? revision : store.revision;
    if (hashRevision > store.revision) throw new OfflineError("mvcc: required revision is a future revision");
    if (hashRevision < store.compactedRevision) throw new OfflineError("mvcc: required revision has been compacted");
    return hashKvAt(store, hashRevision);
  });
}

export function defragmentDataDirectory(dataDir: string): Promise<void> {
  return withBackend(dataDir, (backend) => backend.defragment());
}

/** Throws OfflineError where there is no member, or one that runs: two processes must not write one database. */
async function withBackend<T>(dataDir: string, use: (backend: LmdbBackend) => Promise<T>): Promise<T> {
  const { backend: directory } = memberPaths(dataDir);
  if (!existsSync(join(directory, "db"))) throw new OfflineError(`there is no member in "${dataDir}"`);
  const backend = new LmdbBackend(directory);
  const other = backend.otherProcesses().find(isAlive);
  if (other !== undefined) {
    await backend.abandon();
    throw new OfflineError(`the member in "${dataDir}" is running, as process ${other}: stop it first`);
  }
  return use(backend).finally(() => backend.close());
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
