import { ipFamilyOf } from "@drydock/apimachinery";
import type { V1Condition, V1IPAddress, V1ServiceCIDR } from "@drydock/kube-api";
import { containsAddress, containsRange } from "./ranges.ts";

export const FINALIZER = "networking.k8s.io/service-cidr-finalizer";
/** So long the servers that give out addresses have to hear that a range is to go. */
const DELETION_GRACE_MS = 10_000;
const MANAGED_BY = "ipaddress.kubernetes.io/managed-by";

export type CidrPlan =
  | { readonly kind: "nothing" }
  | { readonly kind: "protect" }
  | { readonly kind: "condition"; readonly condition: Pick<V1Condition, "status" | "reason" | "message"> }
  | { readonly kind: "wait"; readonly delayMs: number }
  | { readonly kind: "release" };

const READY = { status: "True", reason: "", message: "Kubernetes Service CIDR is ready" };
const TERMINATING = {
  status: "False",
  reason: "Terminating",
  message: "There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR",
};

/** A range in which addresses are given out keeps a finalizer until none is left that no other range has. */
export function planServiceCidr(
  cidr: V1ServiceCIDR,
  all: readonly V1ServiceCIDR[],
  addresses: readonly V1IPAddress[],
  nowMs: number,
): CidrPlan {
  const { deletionTimestamp, finalizers = [] } = cidr.metadata;
  if (deletionTimestamp === undefined)
    return finalizers.includes(FINALIZER) ? setCondition(cidr, READY) : { kind: "protect" };
  if (!finalizers.includes(FINALIZER)) return { kind: "nothing" };
  if (!mayGo(cidr, all, addresses)) return setCondition(cidr, TERMINATING);
  const delayMs = DELETION_GRACE_MS - (nowMs - Date.parse(deletionTimestamp));
  return delayMs > 0 ? { kind: "wait", delayMs } : { kind: "release" };
}

function setCondition({ status }: V1ServiceCIDR, condition: typeof READY): CidrPlan {
  const now = status?.conditions?.find(({ type }) => type === "Ready");
  return now?.status === condition.status && now.reason === condition.reason
    ? { kind: "nothing" }
    : { kind: "condition", condition };
}

/** Every address is in another range too. */
function mayGo(cidr: V1ServiceCIDR, all: readonly V1ServiceCIDR[], addresses: readonly V1IPAddress[]): boolean {
  const others = all.filter(({ metadata }) => metadata.name !== cidr.metadata.name).flatMap(rangesOf);
  const ranges = rangesOf(cidr);
  if (ranges.every((range) => others.some((other) => containsRange(other, range)))) return true;
  return !addresses.some(
    ({ metadata: { name, labels } }) =>
      labels?.[MANAGED_BY] === "ipallocator.k8s.io" &&
      ipFamilyOf(name) !== undefined &&
      ranges.some((range) => containsAddress(range, name)) &&
      !others.some((range) => containsAddress(range, name)),
  );
}

export function rangesOf({ spec }: V1ServiceCIDR): readonly string[] {
  return spec?.cidrs ?? [];
}
