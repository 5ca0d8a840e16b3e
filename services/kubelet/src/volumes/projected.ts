import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { V1ServiceAccountTokenProjection, V1VolumeProjection } from "@drydock/kube-api";
import { requireConfigMap, requireSecret } from "../container/environment.ts";
import type { FileContent } from "./atomic-writer.ts";
import { downwardFiles } from "./downward-api.ts";
import { configMapData, projectKeys, secretData } from "./key-projection.ts";
import { writeVolumeFiles } from "./volume-files.ts";
import type { VolumeContext, VolumePlugin } from "./volume-plugin.ts";

const DEFAULT_TOKEN_SECONDS = 3600;
/** A token is replaced when this part of its life is over (upstream's rule), or after a day. */
const REFRESH_AT = 0.8;
const MAX_TOKEN_AGE_MS = 24 * 3600 * 1000;
const TOKEN_MODE = 0o600;

/** Several sources in one directory: config maps, secrets, downward API, service-account tokens. */
export const projectedVolume = {
  type: "projected",
  async setUp(context) {
    const files = new Map<string, FileContent>();
    let refreshAtMs: number | undefined;
    for (const source of context.volume.projected?.sources ?? []) {
      if (source.serviceAccountToken) {
        const token = await projectToken(context, source.serviceAccountToken);
        files.set(source.serviceAccountToken.path, token.file);
        refreshAtMs = Math.min(refreshAtMs ?? Number.POSITIVE_INFINITY, token.refreshAtMs);
      } else {
        for (const [path, file] of await projectSource(context, source)) files.set(path, file);
      }
    }
    const prepared = await writeVolumeFiles(context, files);
    return refreshAtMs === undefined ? prepared : { ...prepared, refreshAtMs };
  },
} satisfies VolumePlugin;

async function projectSource(context: VolumeContext, source: V1VolumeProjection): Promise<Map<string, FileContent>> {
  const namespace = context.pod.metadata.namespace ?? "";
  const defaultMode = context.volume.projected?.defaultMode;
  if (source.configMap) {
    const { items, optional: isOptional = false } = source.configMap;
    const configMap = await requireConfigMap(context.objects, namespace, source.configMap);
    return projectKeys(configMapData(configMap), { what: "config", items, isOptional, defaultMode });
  }
  if (source.secret) {
    const { items, optional: isOptional = false } = source.secret;
    const secret = await requireSecret(context.objects, namespace, source.secret);
    return projectKeys(secretData(secret), { what: "secret", items, isOptional, defaultMode });
  }
  return downwardFiles(context.pod, source.downwardAPI?.items ?? [], defaultMode, context.downward);
}

/** The token written earlier while it is young enough, else a new one. */
async function projectToken(
  context: VolumeContext,
  projection: V1ServiceAccountTokenProjection,
): Promise<{ file: FileContent; refreshAtMs: number }> {
  const expirationSeconds = Number(projection.expirationSeconds ?? DEFAULT_TOKEN_SECONDS);
  const lifetimeMs = Math.min(expirationSeconds * 1000 * REFRESH_AT, MAX_TOKEN_AGE_MS);
  const path = join(context.directory, projection.path);
  const writtenAtMs = (await stat(path).catch(() => undefined))?.mtimeMs ?? 0;
  const mode = context.volume.projected?.defaultMode === undefined ? TOKEN_MODE : context.volume.projected.defaultMode;
  if (writtenAtMs + lifetimeMs > context.nowMs) {
    return { file: { data: await readFile(path), mode }, refreshAtMs: writtenAtMs + lifetimeMs };
  }
  const { metadata, spec } = context.pod;
  const { token } = await context.objects.requestToken({
    namespace: metadata.namespace ?? "",
    serviceAccount: spec?.serviceAccountName ?? "default",
    audiences: projection.audience ? [projection.audience] : [],
    expirationSeconds,
    podName: metadata.name,
    podUid: metadata.uid ?? "",
  });
  return { file: { data: Buffer.from(token, "utf8"), mode }, refreshAtMs: context.nowMs + lifetimeMs };
}
