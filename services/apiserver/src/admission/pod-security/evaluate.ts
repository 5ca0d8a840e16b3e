import { baselineChecks } from "./baseline-checks.ts";
import type { Check, PodSubject, Violation } from "./check.ts";
import { restrictedChecks } from "./restricted-checks.ts";
import { seccompBaseline, seccompRestricted } from "./seccomp-checks.ts";

export type Level = "privileged" | "baseline" | "restricted";

export interface LevelVersion {
  readonly level: Level;
  /** The minor version of the standards; Infinity for the latest. */
  readonly minor: number;
}

const byId = (a: Check, b: Check) => (a.id < b.id ? -1 : 1);
const BASELINE: readonly Check[] = [...baselineChecks, seccompBaseline].sort(byId);
const RESTRICTED: readonly Check[] = [...restrictedChecks, seccompRestricted].sort(byId);

/** `restricted:latest`, `baseline:v1.29`. */
export function levelText({ level, minor }: LevelVersion): string {
  return `${level}:${Number.isFinite(minor) ? `v1.${minor}` : "latest"}`;
}

/** What of a pod breaks a level of the standards, in upstream's order; nothing when it keeps it. */
export function violationsOf(pod: PodSubject, { level, minor }: LevelVersion): Violation[] {
  if (level === "privileged") return [];
  const restricted = level === "restricted" ? RESTRICTED.filter(({ since }) => since <= minor) : [];
  const overridden = new Set(restricted.map(({ overrides }) => overrides));
  const baseline = BASELINE.filter(({ id, since }) => since <= minor && !overridden.has(id));
  return [...baseline, ...restricted].flatMap((check) => check.run(pod, minor) ?? []);
}

export function detailText(violations: readonly Violation[]): string {
  return violations.map(({ reason, detail }) => `${reason} (${detail})`).join(", ");
}

export function reasonText(violations: readonly Violation[]): string {
  return violations.map(({ reason }) => reason).join(", ");
}
