import { requireConfigMap } from "../container/environment.ts";
import { configMapData, projectKeys } from "./key-projection.ts";
import { writeVolumeFiles } from "./volume-files.ts";
import type { VolumePlugin } from "./volume-plugin.ts";

export const configMapVolume = {
  type: "configMap",
  async setUp(context) {
    const source = context.volume.configMap ?? {};
    const configMap = await requireConfigMap(context.objects, context.pod.metadata.namespace ?? "", source);
    const isOptional = source.optional ?? false;
    const files = projectKeys(configMapData(configMap), {
      what: "config",
      items: source.items,
      isOptional,
      defaultMode: source.defaultMode,
    });
    return writeVolumeFiles(context, files);
  },
} satisfies VolumePlugin;
