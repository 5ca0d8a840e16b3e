import { chmod, mkdir } from "node:fs/promises";
import { parseQuantity } from "@drydock/apimachinery";
import type { VolumePlugin } from "./volume-plugin.ts";

export const emptyDirVolume = {
  type: "emptyDir",
  async setUp(context) {
    const source = context.volume.emptyDir ?? {};
    if (source.medium === "Memory") {
      const sizeBytes = source.sizeLimit ? parseQuantity(source.sizeLimit).toNumber() : undefined;
      const name = await context.createMemoryVolume(context.volume.name, sizeBytes);
      return { source: name, hasSubPaths: false, isReadOnly: false, needsSandbox: true };
    }
    await mkdir(context.directory, { recursive: true });
    // Any user of the pod may write, whatever umask the kubelet runs with.
    await chmod(context.directory, 0o777);
    const daemonPath = context.toDaemonPath(context.directory);
    return {
      source: daemonPath,
      localPath: context.directory,
      hasSubPaths: true,
      isReadOnly: false,
      needsSandbox: false,
    };
  },
} satisfies VolumePlugin;
