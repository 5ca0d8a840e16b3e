import { type FileContent, writeAtomically } from "./atomic-writer.ts";
import type { PreparedVolume, VolumeContext } from "./volume-plugin.ts";

/** Makes the volume's directory hold just these files; read-only for containers. */
export async function writeVolumeFiles(
  context: VolumeContext,
  files: ReadonlyMap<string, FileContent>,
): Promise<PreparedVolume> {
  await writeAtomically(context.directory, files, new Date(context.nowMs).toISOString().replace(/[:.]/g, "_"));
  return {
    source: context.toDaemonPath(context.directory),
    localPath: context.directory,
    hasSubPaths: true,
    isReadOnly: true,
    needsSandbox: false,
  };
}
