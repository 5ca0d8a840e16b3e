import {
  type Check,
  containersOf,
  containersText,
  isWindows,
  type PodSubject,
  quoted,
  settersText,
  sorted,
  type Violation,
} from "./check.ts";

const GOOD = new Set(["RuntimeDefault", "Localhost"]);
const isBad = (type: string | undefined) => type !== undefined && !GOOD.has(type);

/** A profile that is named must be the runtime's own, or one of the node. */
function badProfiles({ spec }: PodSubject): Violation | undefined {
  const ofPod = spec.securityContext?.seccompProfile?.type;
  const bad = containersOf(spec).filter(({ securityContext }) => isBad(securityContext?.seccompProfile?.type));
  const setters = settersText(
    isBad(ofPod),
    bad.map(({ name }) => name),
  );
  if (!setters) return undefined;
  const types = [ofPod, ...bad.map(({ securityContext }) => securityContext?.seccompProfile?.type)].filter(isBad);
  const detail = `${setters} must not set securityContext.seccompProfile.type to ${quoted(sorted(types as string[]))}`;
  return { reason: "seccompProfile", detail };
}

export const seccompBaseline: Check = {
  id: "seccompProfile_baseline",
  level: "baseline",
  since: 0,
  run: badProfiles,
};

export const seccompRestricted: Check = {
  id: "seccompProfile_restricted",
  level: "restricted",
  since: 19,
  overrides: "seccompProfile_baseline",
  run(pod, minor) {
    const { spec } = pod;
    if (minor >= 25 && isWindows(spec)) return undefined;
    const bad = badProfiles(pod);
    if (bad || spec.securityContext?.seccompProfile) return bad;
    const names = containersOf(spec)
      .filter(({ securityContext }) => securityContext?.seccompProfile === undefined)
      .map(({ name }) => name);
    if (names.length === 0) return undefined;
    const detail = `pod or ${containersText(names)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`;
    return { reason: "seccompProfile", detail };
  },
};
