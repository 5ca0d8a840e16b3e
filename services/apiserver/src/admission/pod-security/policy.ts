import { type FieldError, FieldPath, fieldErrors } from "@drydock/apimachinery";
import { type Level, type LevelVersion, levelText } from "./evaluate.ts";

const PREFIX = "pod-security.kubernetes.io/";
const LEVELS: readonly string[] = ["privileged", "baseline", "restricted"] satisfies Level[];
const MODES = ["enforce", "audit", "warn"] as const;
type Mode = (typeof MODES)[number];

export type Policy = Readonly<Record<Mode, LevelVersion>>;

/** What counts where a namespace says nothing. */
export type PolicyDefaults = Readonly<Partial<Record<Mode | `${Mode}-version`, string>>>;

const LEVEL_PROBLEM = `must be one of ${LEVELS.join(", ")}`;
const VERSION_PROBLEM = 'must be "latest" or "v1.x"';

/** Not a number for what is no version. */
function minorOf(version: string): number {
  if (version === "latest") return Number.POSITIVE_INFINITY;
  return Number(/^v1\.(\d{1,4})$/.exec(version)?.[1] ?? Number.NaN);
}

/** Why defaults are none, if they are not. */
export function defaultPolicyProblem(defaults: PolicyDefaults): string | undefined {
  for (const mode of MODES) {
    const { [mode]: level, [`${mode}-version` as const]: version } = defaults;
    if (level && !LEVELS.includes(level)) return `${mode}: ${LEVEL_PROBLEM}`;
    if (version && Number.isNaN(minorOf(version))) return `${mode}-version: ${VERSION_PROBLEM}`;
  }
  return undefined;
}

/**
 * What the labels of a namespace ask for: the defaults where they say nothing. What cannot be understood is reported, and where it is
 * enforced counts as the strictest.
 */
export function parsePolicy(
  labels: Readonly<Record<string, string>> | undefined,
  defaults: PolicyDefaults = {},
): { readonly policy: Policy; readonly errors: readonly FieldError[] } {
  const errors: FieldError[] = [];
  const path = FieldPath.of("metadata").child("labels");
  const parse = (mode: Mode): LevelVersion => {
    const level = labels?.[PREFIX + mode] ?? (defaults[mode] || "privileged");
    const version = labels?.[`${PREFIX}${mode}-version`] ?? (defaults[`${mode}-version`] || "latest");
    const minor = minorOf(version);
    const isKnown = LEVELS.includes(level);
    if (!isKnown) errors.push(fieldErrors.invalid(path.key(PREFIX + mode), level, LEVEL_PROBLEM));
    if (Number.isNaN(minor))
      errors.push(fieldErrors.invalid(path.key(`${PREFIX}${mode}-version`), version, VERSION_PROBLEM));
    return {
      level: isKnown ? (level as Level) : mode === "enforce" ? "restricted" : "privileged",
      minor: Number.isNaN(minor) ? Number.POSITIVE_INFINITY : minor,
    };
  };
  const policy = { enforce: parse("enforce"), audit: parse("audit"), warn: parse("warn") };
  return { policy, errors };
}

/** What the labels themselves say, such as `enforce=baseline:latest`; empty when nothing. */
export function labelledPolicy(labels: Readonly<Record<string, string>> | undefined, policy: Policy): string {
  return MODES.filter((mode) => labels?.[PREFIX + mode] !== undefined || labels?.[`${PREFIX}${mode}-version`])
    .map((mode) => `${mode}=${levelText(policy[mode])}`)
    .join(", ");
}

export function isSameLevel(a: LevelVersion, b: LevelVersion): boolean {
  return a.level === b.level && (a.minor === b.minor || a.level === "privileged");
}

/** Whether everything that keeps `b` may break `a`. */
export function isStricter(a: LevelVersion, b: LevelVersion): boolean {
  return LEVELS.indexOf(a.level) > LEVELS.indexOf(b.level);
}
