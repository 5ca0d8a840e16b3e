import type { V1DownwardAPIVolumeFile, V1Pod } from "@drydock/kube-api";
import { type DownwardContext, podFieldValue, resourceFieldValue } from "../container/downward-api.ts";
import { ContainerConfigError } from "../container/object-source.ts";
import type { FileContent } from "./atomic-writer.ts";
import { writeVolumeFiles } from "./volume-files.ts";
import type { VolumePlugin } from "./volume-plugin.ts";

export const downwardApiVolume = {
  type: "downwardAPI",
  async setUp(context) {
    const source = context.volume.downwardAPI ?? {};
    return writeVolumeFiles(
      context,
      downwardFiles(context.pod, source.items ?? [], source.defaultMode, context.downward),
    );
  },
} satisfies VolumePlugin;

/** The files of a downward-API volume or projection. */
export function downwardFiles(
  pod: V1Pod,
  items: readonly V1DownwardAPIVolumeFile[],
  defaultMode: number | undefined,
  context: DownwardContext,
): Map<string, FileContent> {
  const files = new Map<string, FileContent>();
  for (const item of items) {
    const text = item.fieldRef
      ? podFieldValue(pod, item.fieldRef.fieldPath, context)
      : resourceValue(pod, item, context);
    if (text === undefined) throw new ContainerConfigError(`cannot resolve downward API item ${item.path}`);
    files.set(item.path, { data: Buffer.from(text, "utf8"), mode: item.mode ?? defaultMode ?? 0o644 });
  }
  return files;
}

function resourceValue(pod: V1Pod, item: V1DownwardAPIVolumeFile, context: DownwardContext): string | undefined {
  const container = pod.spec?.containers.find((candidate) => candidate.name === item.resourceFieldRef?.containerName);
  return container && item.resourceFieldRef ? resourceFieldValue(container, item.resourceFieldRef, context) : undefined;
}
