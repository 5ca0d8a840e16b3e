import type { ResourceDefinition } from "../../registry/definition.ts";
import type { Providers } from "./encrypted-storage.ts";
import type { EncryptedResources } from "./encryption-config.ts";

const REGISTRY = "/registry/";

/** Whose values are encrypted how, told by their keys. The first entry of the configuration that names a resource counts. */
export function providersByKey(
  config: readonly EncryptedResources[],
  definitions: readonly Pick<ResourceDefinition, "group" | "resource" | "storagePrefix">[],
): (key: string) => Providers | undefined {
  const byPrefix = new Map<string, Providers>();
  for (const { group, resource, storagePrefix } of definitions) {
    const found = config.find(({ resources }) => resources.some((name) => names(name, group, resource)));
    if (found && !byPrefix.has(storagePrefix)) byPrefix.set(storagePrefix, found.providers);
  }
  const prefixes = [...byPrefix].map(([prefix, providers]) => [`${REGISTRY}${prefix}/`, providers] as const);
  const forAll = config.find(({ resources }) => resources.includes("*.*"))?.providers;
  return (key) => prefixes.find(([prefix]) => key.startsWith(prefix))?.[1] ?? forAll;
}

/** A resource of the core group has no dot in its name, or nothing behind it. */
function names(name: string, group: string, resource: string): boolean {
  if (name === "*.*") return true;
  const dot = name.indexOf(".");
  const [ofResource, ofGroup] = dot < 0 ? [name, ""] : [name.slice(0, dot), name.slice(dot + 1)];
  return ofGroup === group && (ofResource === "*" || ofResource === resource);
}
