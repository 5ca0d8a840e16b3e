import { type FieldError, FieldPath, fieldErrors } from "@drydock/apimachinery";
import type {
  ResourceV1ResourceClaim,
  V1AllocatedDeviceStatus,
  V1AllocationResult,
  V1DeviceRequestAllocationResult,
} from "@drydock/kube-api";
import { validateConditions } from "../meta/condition-rules.ts";
import { validateDriverName } from "../meta/driver-name-rules.ts";
import { type Finding, findings, immutable, requiredOneOf, tooMany } from "../meta/rules.ts";
import { validateNodeSelector } from "../pod-spec/validate-node-selector.ts";
import { validateLabelName, validatePoolName } from "./device-names.ts";
import { eachLimited, eachUnique } from "./limited.ts";
import {
  requestNames,
  validateOpaque,
  validateRawObject,
  validateRequestName,
  validateRequestNames,
} from "./validate-claim.ts";
import { validateBindingConditions } from "./validate-taints.ts";

const STATUS = FieldPath.of("status");
const RESERVED_MAX = 256;
const RESULTS_MAX = 32;
const CONFIG_MAX = 64;
const CONDITIONS_MAX = 8;
const DATA_BYTES_MAX = 10 * 1024;
const INTERFACE_NAME_BYTES_MAX = 256;
const HARDWARE_ADDRESS_BYTES_MAX = 128;
const ADDRESSES_MAX = 16;

type DeviceId = Pick<V1DeviceRequestAllocationResult, "driver" | "pool" | "device" | "shareID">;

const idOf = ({ driver, pool, device, shareID }: DeviceId) =>
  [driver, pool, device, ...(shareID ? [shareID] : [])].join("/");

export function validateClaimStatus(claim: ResourceV1ResourceClaim, old: ResourceV1ResourceClaim): FieldError[] {
  const { status = {}, spec, metadata } = claim;
  const { reservedFor = [], allocation, devices } = status;
  const names = requestNames(spec?.devices ?? {});
  const reservedPath = STATUS.child("reservedFor");
  const known = new Set((old.status?.reservedFor ?? []).map(({ uid }) => uid));
  const allocated = new Set((allocation?.devices?.results ?? []).map(idOf));
  return findings(
    eachUnique(
      reservedFor,
      RESERVED_MAX,
      reservedPath,
      (consumer, at) =>
        (["resource", "name", "uid"] as const).map(
          (field) => !consumer[field] && fieldErrors.required(at.child(field)),
        ),
      ({ uid }) => uid,
    ),
    eachUnique(
      devices,
      Number.POSITIVE_INFINITY,
      STATUS.child("devices"),
      (device, at) => validateDeviceStatus(device, at, allocated),
      idOf,
    ),
    reservedFor.length > 0 &&
      !allocation &&
      fieldErrors.forbidden(reservedPath, "may not be specified when `allocated` is not set"),
    allocation &&
      metadata.deletionTimestamp &&
      reservedFor.some(({ uid }) => !known.has(uid)) &&
      fieldErrors.forbidden(
        reservedPath,
        "new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set",
      ),
    allocation &&
      (old.status?.allocation
        ? immutable(allocation, old.status.allocation, STATUS.child("allocation"))
        : validateAllocation(allocation, STATUS.child("allocation"), names)),
  );
}

function validateAllocation(allocation: V1AllocationResult, path: FieldPath, names: ReadonlySet<string>): Finding {
  const at = path.child("devices");
  return [
    eachLimited(allocation.devices?.results, RESULTS_MAX, at.child("results"), (result, where) => [
      validateRequestName(result.request, where.child("request"), names),
      validateDeviceId(result, where),
      validateBindingConditions(result.bindingConditions, result.bindingFailureConditions, where),
    ]),
    eachLimited(allocation.devices?.config, CONFIG_MAX, at.child("config"), ({ source, requests, opaque }, where) => [
      requiredOneOf(where.child("source"), source, ["FromClaim", "FromClass"]),
      validateRequestNames(requests, where.child("requests"), names),
      validateOpaque(opaque, where.child("opaque")),
    ]),
    allocation.nodeSelector && validateNodeSelector(allocation.nodeSelector, path.child("nodeSelector")),
  ];
}

function validateDeviceId({ driver, pool, device }: DeviceId, path: FieldPath): Finding {
  return [
    validateDriverName(driver, path.child("driver")),
    validatePoolName(pool, path.child("pool")),
    validateLabelName(device, path.child("device")),
  ];
}

function validateDeviceStatus(
  device: V1AllocatedDeviceStatus,
  path: FieldPath,
  allocated: ReadonlySet<string>,
): Finding {
  const { conditions, data, networkData } = device;
  const network = path.child("networkData");
  return [
    validateDeviceId(device, path),
    !allocated.has(idOf(device)) && fieldErrors.invalid(path, idOf(device), "must be an allocated device in the claim"),
    tooMany(conditions, path.child("conditions"), CONDITIONS_MAX),
    validateConditions(conditions, path.child("conditions")),
    data !== undefined && validateRawObject(data, path.child("data"), DATA_BYTES_MAX),
    (networkData?.interfaceName?.length ?? 0) > INTERFACE_NAME_BYTES_MAX &&
      fieldErrors.tooLong(network.child("interfaceName"), INTERFACE_NAME_BYTES_MAX),
    (networkData?.hardwareAddress?.length ?? 0) > HARDWARE_ADDRESS_BYTES_MAX &&
      fieldErrors.tooLong(network.child("hardwareAddress"), HARDWARE_ADDRESS_BYTES_MAX),
    eachUnique(
      networkData?.ips,
      ADDRESSES_MAX,
      network.child("ips"),
      () => [],
      (address) => address,
    ),
  ];
}
