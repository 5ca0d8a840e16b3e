import { EvaluationError, OpaqueValue } from "../values/value.ts";
import { byAllSizes, type Library, overloads } from "./declaration.ts";

class SemverValue extends OpaqueValue {
  readonly typeName = "kubernetes.Semver";
  readonly numbers: readonly [bigint, bigint, bigint];
  readonly prerelease: readonly string[];

  constructor(numbers: readonly [bigint, bigint, bigint], prerelease: readonly string[]) {
    super();
    this.numbers = numbers;
    this.prerelease = prerelease;
  }

  equals(other: OpaqueValue): boolean {
    return other instanceof SemverValue && compare(this, other) === 0;
  }
}

const pattern =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?$/;

/** Semantic Versioning 2.0.0. */
function parse(text: string, isNormalized = false): SemverValue | undefined {
  const match = pattern.exec(isNormalized ? normalize(text) : text);
  if (!match) return undefined;
  const numbers = [BigInt(match[1] as string), BigInt(match[2] as string), BigInt(match[3] as string)] as const;
  return new SemverValue(numbers, match[4]?.split(".") ?? []);
}

/** Without a leading v and leading zeros, with the parts that are missing. */
function normalize(text: string): string {
  const [, core = "", rest = ""] = /^v?([\d.]*)(.*)$/.exec(text) ?? [];
  const parts = core.split(".").map((part) => part.replace(/^0+(?=\d)/, ""));
  while (parts.length < 3) parts.push("0");
  return parts.join(".") + rest;
}

function compare(a: SemverValue, b: SemverValue): number {
  for (let i = 0; i < 3; i++) {
    const [x, y] = [a.numbers[i] as bigint, b.numbers[i] as bigint];
    if (x !== y) return x < y ? -1 : 1;
  }
  if (a.prerelease.length === 0 || b.prerelease.length === 0)
    return Math.sign(b.prerelease.length - a.prerelease.length);
  for (let i = 0; i < Math.min(a.prerelease.length, b.prerelease.length); i++) {
    const order = comparePart(a.prerelease[i] as string, b.prerelease[i] as string);
    if (order !== 0) return order;
  }
  return Math.sign(a.prerelease.length - b.prerelease.length);
}

function comparePart(a: string, b: string): number {
  const [x, y] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (x && y) return BigInt(a) < BigInt(b) ? -1 : BigInt(a) > BigInt(b) ? 1 : 0;
  if (x !== y) return x ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

function toSemver(text: string, isNormalized?: boolean): SemverValue {
  const version = parse(text, isNormalized);
  if (!version) throw new EvaluationError(`semver parse error during conversion from string: ${JSON.stringify(text)}`);
  return version;
}

const compared = (ask: (order: number) => boolean) =>
  overloads(["kubernetes.Semver.(kubernetes.Semver): bool"], (a: SemverValue, b: SemverValue) => ask(compare(a, b)));
const part = (index: 0 | 1 | 2) =>
  overloads(["kubernetes.Semver.(): int"], (version: SemverValue) => version.numbers[index]);

export const semver: Library = [
  ["semver", overloads(["(string): kubernetes.Semver", "(string, bool): kubernetes.Semver"], toSemver, byAllSizes)],
  [
    "isSemver",
    overloads(
      ["(string): bool", "(string, bool): bool"],
      (text: string, isNormalized?: boolean) => parse(text, isNormalized) !== undefined,
      byAllSizes,
    ),
  ],
  ["major", part(0)],
  ["minor", part(1)],
  ["patch", part(2)],
  ["isGreaterThan", compared((order) => order > 0)],
  ["isLessThan", compared((order) => order < 0)],
  [
    "compareTo",
    overloads(["kubernetes.Semver.(kubernetes.Semver): int"], (a: SemverValue, b: SemverValue) =>
      BigInt(compare(a, b)),
    ),
  ],
];
