import { deepEqual, type FieldError, FieldPath, fieldErrors } from "@drydock/apimachinery";
import type { V1ServiceSpec } from "@drydock/kube-api";
import type { IpFamily } from "./service-range.ts";

const SPEC = FieldPath.of("spec");
const POLICY = SPEC.child("ipFamilyPolicy");

/**
 * Fills in the families of a Service and how many it wants, and says what of it this cluster cannot do. `configured` are the families in which
 * Services get addresses, the first by default. Changes `spec`.
 */
export function assignIpFamilies(
  spec: V1ServiceSpec,
  old: V1ServiceSpec | undefined,
  configured: readonly IpFamily[],
): FieldError[] {
  // One that merely prefers two is not given a second, or deprived of it, because the cluster has changed.
  if (spec.type === "ExternalName" || isUnchangedPreference(spec, old)) return [];
  const isOpen = spec.clusterIP === "None" && Object.keys(spec.selector ?? {}).length === 0;
  spec.ipFamilyPolicy ??= old?.ipFamilyPolicy ?? (isOpen ? "RequireDualStack" : "SingleStack");
  if (old && spec.ipFamilyPolicy === "SingleStack") dropSecond(spec, old);
  const contradictions = [...findContradictions(spec, old), ...inferFamilies(spec, configured)];
  if (contradictions.length > 0) return contradictions;
  const impossible = isOpen ? [] : findImpossible(spec, configured);
  if (impossible.length > 0) return impossible;
  const families = spec.ipFamilies?.length ? spec.ipFamilies : configured.slice(0, 1);
  // Whoever writes the endpoints of an open one may write any family, whatever the cluster has.
  const hasBoth = isOpen || configured.length === 2;
  const isShort = families.length === 1 && hasBoth && spec.ipFamilyPolicy !== "SingleStack";
  spec.ipFamilies = isShort ? [...families, families[0] === "IPv4" ? "IPv6" : "IPv4"] : [...families];
  return [];
}

function isUnchangedPreference(spec: V1ServiceSpec, old: V1ServiceSpec | undefined): boolean {
  if (spec.ipFamilyPolicy !== "PreferDualStack" || old?.ipFamilyPolicy !== "PreferDualStack") return false;
  return (
    old.type !== "ExternalName" &&
    deepEqual(spec.ipFamilies, old.ipFamilies) &&
    deepEqual(spec.clusterIPs, old.clusterIPs)
  );
}

/** To say SingleStack and nothing else is to give up the second. */
function dropSecond(spec: V1ServiceSpec, old: V1ServiceSpec): void {
  if (deepEqual(spec.ipFamilies, old.ipFamilies)) spec.ipFamilies = spec.ipFamilies?.slice(0, 1);
  if (deepEqual(spec.clusterIPs, old.clusterIPs)) spec.clusterIPs = spec.clusterIPs?.slice(0, 1);
}

function findContradictions(spec: V1ServiceSpec, old: V1ServiceSpec | undefined): FieldError[] {
  const { ipFamilyPolicy: policy, ipFamilies = [], clusterIPs = [] } = spec;
  if (policy === "SingleStack")
    return [
      ...(clusterIPs.length === 2 ? [several(policy, "cluster IPs")] : []),
      ...(ipFamilies.length === 2 ? [several(policy, "IP families")] : []),
    ];
  if (!old) return [];
  return [
    ...(isReduced(clusterIPs, old.clusterIPs) ? [release(policy, "cluster IP")] : []),
    ...(isReduced(ipFamilies, old.ipFamilies) ? [release(policy, "IP family")] : []),
  ];
}

/** What is not said at all is not given up. */
function isReduced(now: readonly string[] = [], before: readonly string[] = []): boolean {
  return now.length > 0 && now.length < before.length;
}

function several(policy: string, what: string): FieldError {
  const text = `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`;
  return fieldErrors.invalid(POLICY, policy, text);
}

function release(policy: string | undefined, what: string): FieldError {
  return fieldErrors.invalid(POLICY, policy ?? "", `must be 'SingleStack' to release the secondary ${what}`);
}

/** Who names addresses need not name their families. */
function inferFamilies(spec: V1ServiceSpec, configured: readonly IpFamily[]): FieldError[] {
  const { clusterIPs = [] } = spec;
  if (clusterIPs[0] === "None") return [];
  const errors: FieldError[] = [];
  for (const [index, ip] of clusterIPs.entries()) {
    if (index < (spec.ipFamilies?.length ?? 0)) continue;
    const family = ip.includes(":") ? "IPv6" : "IPv4";
    if (configured.includes(family)) spec.ipFamilies = [...(spec.ipFamilies ?? []), family];
    else {
      const path = SPEC.child("clusterIPs").index(index);
      errors.push(fieldErrors.invalid(path, clusterIPs, `${family} is not configured on this cluster`));
    }
  }
  return errors;
}

function findImpossible(
  { ipFamilyPolicy: policy, ipFamilies = [] }: V1ServiceSpec,
  configured: readonly IpFamily[],
): FieldError[] {
  const isDual = configured.length === 2;
  return [
    ...(policy === "RequireDualStack" && !isDual
      ? [fieldErrors.invalid(POLICY, policy, "this cluster is not configured for dual-stack services")]
      : []),
    ...ipFamilies.flatMap((family, index) =>
      configured.includes(family as IpFamily)
        ? []
        : [fieldErrors.invalid(SPEC.child("ipFamilies").index(index), family, "not configured on this cluster")],
    ),
  ];
}
