/** What is made of something that changes, e.g. the served resources: made anew when its version has changed. */
export function perVersion<T>(source: { readonly version: number }, make: () => T): () => T {
  let made: { readonly version: number; readonly value: T } | undefined;
  return () => {
    const { version } = source;
    if (made?.version !== version) made = { version, value: make() };
    return made.value;
  };
}

/** Versions that only grow, as one. */
export function versionOf(...sources: readonly { readonly version: number }[]): { readonly version: number } {
  return {
    get version() {
      return sources.reduce((sum, source) => sum + source.version, 0);
    },
  };
}
