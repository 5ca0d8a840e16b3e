import {
  type FieldError,
  FieldPath,
  fieldErrors,
  type Int64,
  ipFamilyOf,
  isDns1123Subdomain,
  isQualifiedName,
  isValidIp,
} from "@drydock/apimachinery";
import type { V1ContainerStatus, V1Pod, V1PodStatus } from "@drydock/kube-api";
import { each, type Finding, findings, invalidTexts } from "../meta/rules.ts";

const STATUS = FieldPath.of("status");
const ID_MAX = 2 ** 31 - 1;
const SYSTEM_CONDITIONS: ReadonlySet<string> = new Set(["PodScheduled", "Ready", "Initialized"]);
const HEALTHS = ["Healthy", "Unhealthy", "Unknown"];
const MESSAGE_MAX = 1024;
const LISTS = ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"] as const;

/** What a status update may say of a pod: upstream's ValidatePodStatusUpdate, save that it does not judge how containers' states follow each other. */
export function validatePodStatusUpdate(pod: V1Pod, old: V1Pod): FieldError[] {
  const { status = {}, spec } = pod;
  const before = old.status ?? {};
  return findings(
    validateConditions(status),
    validateNomination(pod, old),
    (status.observedGeneration ?? 0) < 0 && negative(STATUS.child("observedGeneration"), status.observedGeneration),
    (status.qosClass ?? "") !== (before.qosClass ?? "") &&
      fieldErrors.invalid(STATUS.child("qosClass"), status.qosClass ?? "", "field is immutable"),
    validateClaims(pod),
    validateAddresses("podIPs", status.podIPs, before.podIPs),
    (status.hostIPs ?? []).length > 0 &&
      (status.hostIP ?? "") !== status.hostIPs?.[0]?.ip &&
      fieldErrors.invalid(
        STATUS.child("hostIPs").index(0).child("ip"),
        status.hostIPs?.[0]?.ip ?? "",
        "must be equal to `hostIP`",
      ),
    validateAddresses("hostIPs", status.hostIPs, before.hostIPs),
    LISTS.map((list) =>
      each(status[list], STATUS.child(list), (container, at) => validateUser(container, at, spec?.os?.name)),
    ),
    LISTS.map((list) =>
      each(status[list], STATUS.child(list), (container, at) => validateAllocated(container, at, pod, list)),
    ),
  );
}

function negative(path: FieldPath, value: Int64 | undefined): FieldError {
  return fieldErrors.invalid(path, value, "must be a non-negative integer");
}

function validateConditions({ conditions }: V1PodStatus): Finding {
  return each(conditions, STATUS.child("conditions"), ({ type, observedGeneration }, at) => [
    (observedGeneration ?? 0) < 0 && negative(at.child("observedGeneration"), observedGeneration),
    !SYSTEM_CONDITIONS.has(type) && invalidTexts(at.child("Type"), type, isQualifiedName(type ?? "")),
  ]);
}

/** Where a pod may find room once others have gone: no longer of interest when it has a node. */
function validateNomination({ status }: V1Pod, old: V1Pod): Finding {
  const wanted = status?.nominatedNodeName ?? "";
  const path = STATUS.child("nominatedNodeName");
  if (wanted === "" || wanted === old.status?.nominatedNodeName) return undefined;
  return [
    invalidTexts(path, wanted, isDns1123Subdomain(wanted)),
    old.spec?.nodeName && fieldErrors.forbidden(path, "may not be set on pods that are already bound to a node"),
  ];
}

function validateClaims({ status, spec }: V1Pod): Finding {
  const known = new Set((spec?.resourceClaims ?? []).map(({ name }) => name));
  const statuses = status?.resourceClaimStatuses ?? [];
  return each(statuses, STATUS.child("resourceClaimStatuses"), ({ name, resourceClaimName }, at, index) => [
    !known.has(name) &&
      fieldErrors.invalid(at.child("name"), name, "must match the name of an entry in `spec.resourceClaims`"),
    statuses.findIndex((other) => other.name === name) < index && fieldErrors.duplicate(at.child("name"), name),
    resourceClaimName !== undefined &&
      invalidTexts(at.child("resourceClaimName"), resourceClaimName, isDns1123Subdomain(resourceClaimName)),
  ]);
}

type Addresses = readonly { readonly ip?: string }[] | undefined;

function validateAddresses(field: "podIPs" | "hostIPs", addresses: Addresses = [], old: Addresses = []): Finding {
  const path = STATUS.child(field);
  const kept = new Set(old.map(({ ip }) => ip));
  const families = new Set(addresses.map(({ ip }) => ipFamilyOf(ip ?? "")));
  const bad = addresses.findIndex(({ ip }) => ipFamilyOf(ip ?? "") === undefined);
  const areDouble = addresses.length > 2 || families.size < addresses.length || bad >= 0;
  const shown = addresses.map(({ ip }) => ({ IP: ip }));
  return [
    addresses.map(({ ip = "" }, index) => !kept.has(ip) && invalidTexts(path.index(index), ip, isValidIp(ip))),
    addresses.length > 1 &&
      bad >= 0 &&
      fieldErrors.internal(path, `failed to check for dual stack with error:invalid IP[${bad}]: ${addresses[bad]?.ip}`),
    addresses.length > 1 &&
      areDouble &&
      fieldErrors.invalid(path, shown, "may specify no more than one IP for each IP family"),
  ];
}

function validateUser({ user }: V1ContainerStatus, path: FieldPath, system: string | undefined): Finding {
  const linux = user?.linux;
  const at = path.child("user", "linux");
  if (!linux) return undefined;
  if (system === "windows") return fieldErrors.forbidden(at, "cannot be set for a windows pod");
  const id = (value: Int64 | undefined, where: FieldPath): Finding =>
    ((value ?? 0) < 0 || (value ?? 0) > ID_MAX) &&
    fieldErrors.invalid(where, value, `must be between 0 and ${ID_MAX}, inclusive`);
  return [
    id(linux.uid, at.child("uid")),
    id(linux.gid, at.child("gid")),
    each(linux.supplementalGroups, at.child("supplementalGroups"), (group, where) => id(group, where)),
  ];
}

function validateAllocated(
  { name, allocatedResourcesStatus }: V1ContainerStatus,
  path: FieldPath,
  { spec }: V1Pod,
  list: (typeof LISTS)[number],
): Finding {
  const at = path.child("allocatedResourcesStatus");
  if (list === "ephemeralContainerStatuses")
    return (
      (allocatedResourcesStatus ?? []).length > 0 &&
      fieldErrors.forbidden(at, "must not be specified in container status")
    );
  const containers = list === "containerStatuses" ? spec?.containers : spec?.initContainers;
  const resources = containers?.find((container) => container.name === name)?.resources;
  const claims = (resources?.claims ?? []).map(
    (claim) => `claim:${claim.name}${claim.request ? `/${claim.request}` : ""}`,
  );
  const known = new Set([...Object.keys(resources?.requests ?? {}), ...claims]);
  return each(allocatedResourcesStatus, at, (allocated, where) => [
    resources !== undefined &&
      !known.has(allocated.name) &&
      fieldErrors.invalid(where.child("name"), allocated.name, notAsked(allocated.name)),
    validateHealths(allocated.resources, where.child("resources")),
  ]);
}

function notAsked(name: string): string {
  return name.startsWith("claim:")
    ? "must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty"
    : "must match one of the container's resource requests";
}

type Healths = NonNullable<V1ContainerStatus["allocatedResourcesStatus"]>[number]["resources"];

function validateHealths(resources: Healths, path: FieldPath): Finding {
  return each(resources, path, ({ resourceID, health = "", message }, at, index) => [
    !HEALTHS.includes(health) && fieldErrors.notSupported(at.child("health"), health, HEALTHS),
    message === "" && fieldErrors.required(at.child("message"), "must be non-empty if specified"),
    (message ?? "").length > MESSAGE_MAX && fieldErrors.tooLong(at.child("message"), MESSAGE_MAX),
    (resources ?? []).findIndex((other) => other.resourceID === resourceID) < index &&
      fieldErrors.duplicate(at.child("resourceID"), resourceID),
  ]);
}
