/** Upstream's order of versions, the most stable and newest first: v2, v1, v11beta2, v10beta3, v3alpha1, then the others by name. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [parse(a), parse(b)];
  if (!left || !right) return left ? -1 : right ? 1 : a < b ? -1 : a > b ? 1 : 0;
  return right.level - left.level || right.major - left.major || right.minor - left.minor;
}

const levels: Readonly<Record<string, number>> = { alpha: 0, beta: 1, "": 2 };

function parse(version: string): { level: number; major: number; minor: number } | undefined {
  const match = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/.exec(version);
  if (!match) return undefined;
  return { level: levels[match[2] ?? ""] as number, major: Number(match[1]), minor: Number(match[3] ?? 0) };
}
