import { requireSecret } from "../container/environment.ts";
import { projectKeys, secretData } from "./key-projection.ts";
import { writeVolumeFiles } from "./volume-files.ts";
import type { VolumePlugin } from "./volume-plugin.ts";

export const secretVolume = {
  type: "secret",
  async setUp(context) {
    const source = context.volume.secret ?? {};
    const reference = { name: source.secretName, optional: source.optional };
    const secret = await requireSecret(context.objects, context.pod.metadata.namespace ?? "", reference);
    const isOptional = source.optional ?? false;
    const files = projectKeys(secretData(secret), {
      what: "secret",
      items: source.items,
      isOptional,
      defaultMode: source.defaultMode,
    });
    return writeVolumeFiles(context, files);
  },
} satisfies VolumePlugin;
