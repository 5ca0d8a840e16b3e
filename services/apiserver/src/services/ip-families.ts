import { deepEqual, type FieldError, FieldPath, fieldErrors } from "@drydock/apimachinery";
import type { V1ServiceSpec } from "@drydock/kube-api";

const SPEC = FieldPath.of("spec");
const POLICY = SPEC.child("ipFamilyPolicy");
/** Services have addresses of this family alone. */
const FAMILY = "IPv4";

/** Fills in the families of a Service and how many it wants, and says what of it this cluster cannot do. Changes `spec`. */
export function assignIpFamilies(spec: V1ServiceSpec, old: V1ServiceSpec | undefined): FieldError[] {
  if (spec.type === "ExternalName") return [];
  const isHeadless = spec.clusterIP === "None";
  const isOpen = isHeadless && Object.keys(spec.selector ?? {}).length === 0;
  spec.ipFamilyPolicy ??= old?.ipFamilyPolicy ?? (isOpen ? "RequireDualStack" : "SingleStack");
  if (old && spec.ipFamilyPolicy === "SingleStack") dropSecond(spec, old);
  const contradictions = findContradictions(spec, old);
  if (contradictions.length > 0) return contradictions;
  if (isOpen) {
    // Whoever writes its endpoints may write any family, whatever the cluster has.
    spec.ipFamilies = spec.ipFamilies?.length ? spec.ipFamilies : [FAMILY];
    if (spec.ipFamilies.length < 2 && spec.ipFamilyPolicy !== "SingleStack")
      spec.ipFamilies = [...spec.ipFamilies, spec.ipFamilies[0] === "IPv4" ? "IPv6" : "IPv4"];
    return [];
  }
  const impossible = findImpossible(spec);
  if (impossible.length === 0 && !spec.ipFamilies?.length) spec.ipFamilies = [FAMILY];
  return impossible;
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
  if (!old || old.type === "ExternalName") return [];
  return [
    ...(isReduced(clusterIPs, old.clusterIPs) ? [release(policy, "cluster IP")] : []),
    ...(isReduced(ipFamilies, old.ipFamilies) ? [release(policy, "IP family")] : []),
  ];
}

function isReduced(now: readonly string[], before: readonly string[] = []): boolean {
  return now.length > 0 && now.length < before.length;
}

function several(policy: string, what: string): FieldError {
  const text = `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`;
  return fieldErrors.invalid(POLICY, policy, text);
}

function release(policy: string | undefined, what: string): FieldError {
  return fieldErrors.invalid(POLICY, policy ?? "", `must be 'SingleStack' to release the secondary ${what}`);
}

function findImpossible({ ipFamilyPolicy: policy, ipFamilies = [], clusterIPs = [] }: V1ServiceSpec): FieldError[] {
  const foreign = clusterIPs.findIndex((ip) => ip.includes(":"));
  if (foreign >= ipFamilies.length && foreign >= 0)
    return [
      fieldErrors.invalid(
        SPEC.child("clusterIPs").index(foreign),
        clusterIPs,
        "IPv6 is not configured on this cluster",
      ),
    ];
  return [
    ...(policy === "RequireDualStack"
      ? [fieldErrors.invalid(POLICY, policy, "this cluster is not configured for dual-stack services")]
      : []),
    ...ipFamilies.flatMap((family, index) =>
      family === FAMILY
        ? []
        : [fieldErrors.invalid(SPEC.child("ipFamilies").index(index), family, "not configured on this cluster")],
    ),
  ];
}
