import { type FieldError, FieldPath, fieldErrors, ipFamilyOf, isValidIp } from "@drydock/apimachinery";
import type { V1ServiceSpec } from "@drydock/kube-api";
import { each, type Finding, findings, invalidTexts, optionalOneOf } from "../meta/rules.ts";

const SPEC = FieldPath.of("spec");
const PATH = SPEC.child("clusterIPs");
const FAMILIES = ["IPv4", "IPv6"];
const FAMILY_POLICIES = ["PreferDualStack", "RequireDualStack", "SingleStack"];
const FIXED = "may not change once set";

/** Upstream's ValidateServiceClusterIPsRelatedFields. */
export function validateClusterIps(spec: V1ServiceSpec): FieldError[] {
  if (spec.type === "ExternalName") return [];
  const { clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = spec;
  const own = findings(
    validatePair(spec),
    each(ipFamilies, SPEC.child("ipFamilies"), (family, path, index) => [
      optionalOneOf(path, family, FAMILIES),
      ipFamilies.indexOf(family) < index && fieldErrors.duplicate(path, family),
    ]),
    optionalOneOf(SPEC.child("ipFamilyPolicy"), ipFamilyPolicy, FAMILY_POLICIES),
  );
  const wrong = findings(validateEach(clusterIPs));
  const tooMany = clusterIPs.length > 2 && fieldErrors.invalid(PATH, clusterIPs, "may only hold up to 2 values");
  if (wrong.length > 0) return findings(own, wrong, tooMany);
  return findings(own, tooMany, validateFamilies(clusterIPs, ipFamilies));
}

/** The first of the one field is the other. */
function validatePair({ clusterIP, clusterIPs = [] }: V1ServiceSpec): Finding {
  if (!clusterIP)
    return (
      clusterIPs.length > 0 && fieldErrors.invalid(PATH, clusterIPs, "must be empty when `clusterIP` is not specified")
    );
  if (clusterIPs.length === 0) return fieldErrors.required(PATH);
  return clusterIPs[0] !== clusterIP && fieldErrors.invalid(PATH, clusterIPs, "first value must match `clusterIP`");
}

function validateEach(clusterIPs: readonly string[]): Finding {
  return each(clusterIPs, PATH, (ip, path, index) => {
    if (index > 0 || ip !== "None") return invalidTexts(path, ip, isValidIp(ip));
    return clusterIPs.length > 1 && fieldErrors.invalid(PATH, clusterIPs, "'None' must be the first and only value");
  });
}

function validateFamilies(clusterIPs: readonly string[], ipFamilies: readonly string[]): Finding {
  const found = clusterIPs.map(ipFamilyOf);
  // With more than two it is enough that both are among them.
  const isDual = new Set(found).size === 2;
  const text = "may specify no more than one IP for each IP family";
  return [
    clusterIPs.length > 1 && !isDual && fieldErrors.invalid(PATH, clusterIPs, text),
    clusterIPs[0] !== "None" &&
      clusterIPs.map((ip, index) => {
        const family = ipFamilies[index];
        const expected = `expected an ${family} value as indicated by \`ipFamilies[${index}]\``;
        return family !== undefined && found[index] !== family && fieldErrors.invalid(PATH.index(index), ip, expected);
      }),
  ];
}

/** What has been given stays: the first for good, the second until it is given up. That it may be given up is for the policy to say. */
export function validateKeptAddresses(spec: V1ServiceSpec, old: V1ServiceSpec): Finding {
  if (spec.type === "ExternalName" || old.type === "ExternalName") return [];
  const isStillHeadless = spec.clusterIP === "None" && old.clusterIP === "None";
  const isOpen = isHeadlessWithoutSelector(spec);
  return [
    !isStillHeadless && kept(spec, spec.clusterIPs, old.clusterIPs, (index) => PATH.index(index)),
    !isOpen &&
      isOpen === isHeadlessWithoutSelector(old) &&
      kept(spec, spec.ipFamilies, old.ipFamilies, () => SPEC.child("ipFamilies").index(0)),
  ];
}

function kept(
  { ipFamilyPolicy }: V1ServiceSpec,
  now: readonly string[] = [],
  before: readonly string[] = [],
  pathOf: (index: number) => FieldPath,
): Finding {
  // Given up without saying so: that is what is told.
  if (now.length === 0 || (now.length < before.length && ipFamilyPolicy !== "SingleStack")) return [];
  const compared = now.length === before.length ? before : before.slice(0, 1);
  return compared.map((value, index) => now[index] !== value && fieldErrors.invalid(pathOf(index), now, FIXED));
}

function isHeadlessWithoutSelector({ clusterIP, selector }: V1ServiceSpec): boolean {
  return clusterIP === "None" && Object.keys(selector ?? {}).length === 0;
}
