import type { V1KeyToPath } from "@drydock/kube-api";
import { ContainerConfigError } from "../container/object-source.ts";
import type { FileContent } from "./atomic-writer.ts";

const DEFAULT_MODE = 0o644;

export interface KeyProjection {
  /** For messages: `configmap` or `secret`. */
  readonly what: string;
  readonly items: readonly V1KeyToPath[] | undefined;
  readonly isOptional: boolean;
  readonly defaultMode: number | undefined;
}

/** The files that keys become: all of them under their own names, or the chosen ones under chosen paths and modes. */
export function projectKeys(data: ReadonlyMap<string, Buffer>, projection: KeyProjection): Map<string, FileContent> {
  const files = new Map<string, FileContent>();
  const defaultMode = projection.defaultMode ?? DEFAULT_MODE;
  if (!projection.items) {
    for (const [key, value] of data) files.set(key, { data: value, mode: defaultMode });
    return files;
  }
  for (const item of projection.items) {
    const value = data.get(item.key);
    if (value) files.set(item.path, { data: value, mode: item.mode ?? defaultMode });
    else if (!projection.isOptional)
      throw new ContainerConfigError(`references non-existent ${projection.what} key: ${item.key}`);
  }
  return files;
}

export function configMapData(
  configMap: { data?: Record<string, string>; binaryData?: Record<string, string> } | undefined,
): Map<string, Buffer> {
  const data = new Map<string, Buffer>();
  for (const [key, value] of Object.entries(configMap?.data ?? {})) data.set(key, Buffer.from(value, "utf8"));
  for (const [key, value] of Object.entries(configMap?.binaryData ?? {})) data.set(key, Buffer.from(value, "base64"));
  return data;
}

export function secretData(secret: { data?: Record<string, string> } | undefined): Map<string, Buffer> {
  return new Map(Object.entries(secret?.data ?? {}).map(([key, value]) => [key, Buffer.from(value, "base64")]));
}
