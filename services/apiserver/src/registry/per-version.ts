import type { Registry } from "./registry.ts";

/** What is made of the served resources: made anew when they have changed. */
export function perVersion<T>(registry: Registry, make: () => T): () => T {
  let made: { readonly version: number; readonly value: T } | undefined;
  return () => {
    const { version } = registry;
    if (made?.version !== version) made = { version, value: make() };
    return made.value;
  };
}
