import { type FieldError, FieldPath, fieldErrors } from "@drydock/apimachinery";
import type { Level, LevelVersion } from "./evaluate.ts";

const PREFIX = "pod-security.kubernetes.io/";
const LEVELS: readonly string[] = ["privileged", "baseline", "restricted"] satisfies Level[];
const MODES = ["enforce", "audit", "warn"] as const;
type Mode = (typeof MODES)[number];

export type Policy = Readonly<Record<Mode, LevelVersion>>;

/**
 * What the labels of a namespace ask for: the privileged level where they say nothing. What cannot be understood is reported, and where it is
 * enforced counts as the strictest.
 */
export function parsePolicy(labels: Readonly<Record<string, string>> | undefined): {
  readonly policy: Policy;
  readonly errors: readonly FieldError[];
} {
  const errors: FieldError[] = [];
  const path = FieldPath.of("metadata").child("labels");
  const parse = (mode: Mode): LevelVersion => {
    const level = labels?.[PREFIX + mode] ?? "privileged";
    const version = labels?.[`${PREFIX}${mode}-version`] ?? "latest";
    const minor =
      version === "latest" ? Number.POSITIVE_INFINITY : Number(/^v1\.(\d{1,4})$/.exec(version)?.[1] ?? Number.NaN);
    const isKnown = LEVELS.includes(level);
    if (!isKnown)
      errors.push(fieldErrors.invalid(path.key(PREFIX + mode), level, `must be one of ${LEVELS.join(", ")}`));
    if (Number.isNaN(minor))
      errors.push(fieldErrors.invalid(path.key(`${PREFIX}${mode}-version`), version, 'must be "latest" or "v1.x"'));
    return {
      level: isKnown ? (level as Level) : mode === "enforce" ? "restricted" : "privileged",
      minor: Number.isNaN(minor) ? Number.POSITIVE_INFINITY : minor,
    };
  };
  const policy = { enforce: parse("enforce"), audit: parse("audit"), warn: parse("warn") };
  return { policy, errors };
}

export function isSameLevel(a: LevelVersion, b: LevelVersion): boolean {
  return a.level === b.level && (a.minor === b.minor || a.level === "privileged");
}

/** Whether everything that keeps `b` may break `a`. */
export function isStricter(a: LevelVersion, b: LevelVersion): boolean {
  return LEVELS.indexOf(a.level) > LEVELS.indexOf(b.level);
}
