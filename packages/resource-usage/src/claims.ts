import { type Int64, parseQuantity } from "@drydock/apimachinery";
import type { ResourceV1ResourceClaim, V1PersistentVolumeClaim } from "@drydock/kube-api";
import { type Amounts, sumAmounts, units } from "./amounts.ts";
import { type Evaluator, matchesScopeValue, objectCountName } from "./evaluator.ts";

const volumes = { group: "", resource: "persistentvolumeclaims" };
const VOLUME_COUNT = objectCountName(volumes);
const VOLUME_NAMES = [VOLUME_COUNT, "persistentvolumeclaims", "requests.storage"];
const CLASS = ".storageclass.storage.k8s.io/";

export const volumeClaimEvaluator: Evaluator = {
  resource: volumes,
  counts: (name) =>
    VOLUME_NAMES.includes(name) ||
    name.endsWith(`${CLASS}requests.storage`) ||
    name.endsWith(`${CLASS}persistentvolumeclaims`),
  usage: (object) => volumeClaimUsage(object as V1PersistentVolumeClaim),
  isInScope: (object, scope) => {
    const { spec } = object as V1PersistentVolumeClaim;
    return (
      scope.scopeName === "VolumeAttributesClass" &&
      matchesScopeValue(scope, spec?.volumeAttributesClassName || undefined)
    );
  },
  concerns: (_operation, subresource) => subresource === "",
};

/** Storage counts as much as is asked for, or as was given already where that is more. */
function volumeClaimUsage({ metadata, spec, status }: V1PersistentVolumeClaim): Amounts {
  const result = new Map([
    [VOLUME_COUNT, units(1)],
    ["persistentvolumeclaims", units(1)],
  ]);
  const className = metadata.annotations?.["volume.beta.kubernetes.io/storage-class"] ?? spec?.storageClassName;
  if (className) result.set(`${className}${CLASS}persistentvolumeclaims`, units(1));
  const asked = spec?.resources?.requests?.storage;
  if (asked === undefined) return result;
  const given = status?.allocatedResources?.storage;
  const [wanted, held] = [parseQuantity(asked), given === undefined ? undefined : parseQuantity(given)];
  const amount = held && held.compare(wanted) > 0 ? held : wanted;
  result.set("requests.storage", amount);
  if (className) result.set(`${className}${CLASS}requests.storage`, amount);
  return result;
}

const devices = { group: "resource.k8s.io", resource: "resourceclaims" };
const DEVICE_COUNT = objectCountName(devices);
const DEVICE_SUFFIX = ".deviceclass.resource.k8s.io/devices";
/** What "all devices" may come to: as many as one claim can be given. */
const devicesMax = 32;

export const deviceClaimEvaluator: Evaluator = {
  resource: devices,
  counts: (name) => name === DEVICE_COUNT || name.endsWith(DEVICE_SUFFIX),
  usage: (object) => deviceClaimUsage(object as ResourceV1ResourceClaim),
  isInScope: () => false,
  concerns: (operation, subresource) => operation === "create" && subresource === "",
};

interface DeviceRequest {
  readonly deviceClassName: string;
  readonly allocationMode?: string;
  readonly count?: Int64;
}

/** Of alternatives, each class counts with the most that one of them takes. */
function deviceClaimUsage({ spec }: ResourceV1ResourceClaim): Amounts {
  const all: Amounts[] = [new Map([[DEVICE_COUNT, units(1)]])];
  for (const { exactly, firstAvailable } of spec.devices?.requests ?? []) {
    if (exactly) all.push(new Map([devicesOf(exactly)]));
    const most = new Map<string, ReturnType<typeof units>>();
    for (const [name, amount] of (firstAvailable ?? []).map(devicesOf)) {
      const present = most.get(name);
      if (!present || present.compare(amount) < 0) most.set(name, amount);
    }
    all.push(most);
  }
  return sumAmounts(all);
}

function devicesOf({ deviceClassName, allocationMode, count = 1 }: DeviceRequest) {
  return [`${deviceClassName}${DEVICE_SUFFIX}`, units(allocationMode === "All" ? devicesMax : count)] as const;
}
