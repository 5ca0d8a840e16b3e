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
    const found = providersOf(config, group, resource);
    if (found && !byPrefix.has(storagePrefix)) byPrefix.set(storagePrefix, found);
  }
  const prefixes = [...byPrefix].map(([prefix, providers]) => [`${REGISTRY}${prefix}/`, providers] as const);
  const forAll = config.find(({ resources }) => resources.includes("*.*"))?.providers;
  const custom = new Map<string, Providers | undefined>();
  return (key) => {
    const known = prefixes.find(([prefix]) => key.startsWith(prefix))?.[1];
    if (known) return known;
    const [id, group = "", resource = ""] = customKey.exec(key) ?? [];
    if (id === undefined) return forAll;
    if (!custom.has(id)) custom.set(id, providersOf(config, group, resource));
    return custom.get(id);
  };
}

/** Kinds that are defined at run time lie below their groups, which all have a dot in their names. */
const customKey = /^\/registry\/([^/]*\.[^/]*)\/([^/]+)\//;

function providersOf(config: readonly EncryptedResources[], group: string, resource: string): Providers | undefined {
  return config.find(({ resources }) => resources.some((name) => names(name, group, resource)))?.providers;
}

/** A resource of the core group has no dot in its name, or nothing behind it. */
function names(name: string, group: string, resource: string): boolean {
  if (name === "*.*") return true;
  const dot = name.indexOf(".");
  const [ofResource, ofGroup] = dot < 0 ? [name, ""] : [name.slice(0, dot), name.slice(dot + 1)];
  return ofGroup === group && (ofResource === "*" || ofResource === resource);
}
