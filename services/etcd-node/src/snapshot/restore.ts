import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { LmdbBackend } from "../backend/lmdb-backend.ts";
import { foundCluster, parseInitialCluster } from "../cluster/identity.ts";
import { foundMember, memberPaths } from "../driver/open-state.ts";
import { importState } from "./import-state.ts";
import { OfflineError, withSnapshotFile } from "./snapshot-file.ts";

export interface RestoreOptions {
  readonly snapshotPath: string;
  readonly dataDir: string;
  readonly name: string;
  readonly initialCluster: string;
  readonly initialClusterToken: string;
  readonly initialAdvertisePeerUrls: readonly string[];
  readonly skipsHashCheck: boolean;
  /** How far the revision moves on, and all before it is compacted; 0 leaves it where it was. */
  readonly bumpRevision: number;
}

const STAGING = "member.restoring";

/**
 * Makes the data directory of one member of a new cluster that begins with the snapshot's state. Every member makes its own from the same
 * file. The directory is there when all of it is, and is left alone when it has a member already. Throws OfflineError.
 */
export async function restoreSnapshot(options: RestoreOptions): Promise<void> {
  const { dataDir, snapshotPath, skipsHashCheck, bumpRevision } = options;
  const bootstrap = planCluster(options);
  if (existsSync(dataDir) && readdirSync(dataDir).length > 0)
    throw new OfflineError(`data-dir "${dataDir}" not empty or could not be read`);
  const staging = join(dataDir, STAGING);
  const paths = memberPaths(staging);
  await withSnapshotFile(
    snapshotPath,
    { checksHash: !skipsHashCheck, needsHash: !skipsHashCheck },
    async ({ root }) => {
      mkdirSync(paths.backend, { recursive: true, mode: 0o700 });
      try {
        const backend = new LmdbBackend(paths.backend);
        await importState(root, backend, bumpRevision).finally(() => backend.close());
        const { wal, state } = await foundMember(paths, bootstrap);
        await wal.close();
        await state.backend.close();
        renameSync(join(staging, "member"), join(dataDir, "member"));
      } finally {
        rmSync(staging, { recursive: true, force: true });
      }
    },
  );
}

/** etcd's checks and words. */
function planCluster({ name, initialCluster, initialClusterToken, initialAdvertisePeerUrls }: RestoreOptions) {
  const peers = parseInitialCluster(initialCluster);
  const self = peers.find((peer) => peer.name === name);
  if (!self) throw new OfflineError(`couldn't find local name "${name}" in the initial cluster configuration`);
  const [named, advertised] = [[...self.peerUrls].sort(), [...initialAdvertisePeerUrls].sort()];
  const isSame = named.length === advertised.length && named.every((url, index) => url === advertised[index]);
  if (!isSame)
    throw new OfflineError(
      `--initial-cluster has ${name}=${named.join(",")} but --initial-advertise-peer-urls is ${advertised.join(",")}`,
    );
  return foundCluster(peers, initialClusterToken, name);
}
