const STANDARD: ReadonlySet<string> = new Set(["cpu", "memory", "ephemeral-storage"]);

export function isHugePages(name: string): boolean {
  return name.startsWith("hugepages-");
}

/** Resources that containers can ask for without a domain. */
export function isStandardContainerResource(name: string): boolean {
  return STANDARD.has(name) || isHugePages(name);
}

/** Somebody else's: in a domain that is not Kubernetes' own. */
export function isExtendedResource(name: string): boolean {
  const isNative = !name.includes("/") || name.includes("kubernetes.io/");
  return !isNative && !name.startsWith("requests.");
}
