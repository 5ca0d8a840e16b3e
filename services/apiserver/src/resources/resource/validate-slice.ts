import { type FieldError, FieldPath, fieldErrors, isDns1123Subdomain } from "@drydock/apimachinery";
import type { V1Device, V1DeviceAttribute, V1ResourceSlice } from "@drydock/kube-api";
import { validateDriverName } from "../meta/driver-name-rules.ts";
import { type Finding, findings, immutable, invalidTexts } from "../meta/rules.ts";
import { validateNodeSelector } from "../pod-spec/validate-node-selector.ts";
import {
  validateAttributeName,
  validateLabelName,
  validatePoolName,
  validateRequiredLabelName,
} from "./device-names.ts";
import { eachEntry, eachLimited, eachUnique } from "./limited.ts";
import { validateCapacity } from "./validate-capacity.ts";
import { validateBindingConditions, validateTaint } from "./validate-taints.ts";

const SPEC = FieldPath.of("spec");
const DEVICES_MAX = 128;
/** Of devices that say more about themselves. */
const ELABORATE_DEVICES_MAX = 64;
const COUNTER_SETS_MAX = 8;
const COUNTERS_MAX = 32;
const CONSUMPTIONS_MAX = 2;
const PROPERTIES_MAX = 32;
const TAINTS_MAX = 16;
const ATTRIBUTE_BYTES_MAX = 64;
const SEMVER =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?$/;

export function validateSlice({ spec }: V1ResourceSlice): FieldError[] {
  if (!spec) return [fieldErrors.required(SPEC.child("driver"))];
  const { pool, devices, sharedCounters } = spec;
  const isElaborate = devices?.some(({ taints, consumesCounters }) => taints?.length || consumesCounters?.length);
  return findings(
    validateDriverName(spec.driver, SPEC.child("driver")),
    validatePoolName(pool?.name, SPEC.child("pool", "name")),
    !((pool?.resourceSliceCount ?? 0) > 0) &&
      fieldErrors.invalid(
        SPEC.child("pool", "resourceSliceCount"),
        pool?.resourceSliceCount ?? 0,
        "must be greater than zero",
      ),
    (pool?.generation ?? 0) < 0 &&
      fieldErrors.invalid(SPEC.child("pool", "generation"), pool.generation, "must be greater than or equal to zero"),
    validatePlace(spec, SPEC, ["nodeName", "nodeSelector", "allNodes", "perDeviceNodeSelection"]),
    sharedCounters && devices && fieldErrors.invalid(SPEC, "", "only one of `sharedCounters` or `devices` is allowed"),
    eachUnique(
      devices,
      isElaborate ? ELABORATE_DEVICES_MAX : DEVICES_MAX,
      SPEC.child("devices"),
      (device, path) => validateDevice(device, path, spec.perDeviceNodeSelection ?? false),
      ({ name }) => name,
    ),
    eachUnique(
      sharedCounters,
      COUNTER_SETS_MAX,
      SPEC.child("sharedCounters"),
      ({ name, counters }, path) => [
        validateRequiredLabelName(name, path.child("name")),
        validateCounters(counters, path.child("counters")),
      ],
      ({ name }) => name,
    ),
  );
}

export function validateSliceUpdate(slice: V1ResourceSlice, old: V1ResourceSlice): FieldError[] {
  return findings(
    validateSlice(slice),
    immutable(slice.spec?.pool?.name, old.spec?.pool?.name, SPEC.child("pool", "name")),
    immutable(slice.spec?.driver, old.spec?.driver, SPEC.child("driver")),
    immutable(slice.spec?.nodeName, old.spec?.nodeName, SPEC.child("nodeName")),
  );
}

type Place = Pick<V1Device, "nodeName" | "nodeSelector" | "allNodes"> & { perDeviceNodeSelection?: boolean };

/** Where the devices are: said in exactly one way. */
function validatePlace(place: Place, path: FieldPath, ways: readonly (keyof Place)[]): Finding {
  const set = ways.filter((way) => place[way]).map((way) => `\`${way}\``);
  const rule = `exactly one of ${ways.map((way) => `\`${way}\``).join(", ")} is required`;
  const flags = ways.filter((way) => way === "allNodes" || way === "perDeviceNodeSelection");
  return [
    place.nodeName === "" &&
      fieldErrors.invalid(path.child("nodeName"), "", "must be either unset or set to a non-empty string"),
    place.nodeName && invalidTexts(path.child("nodeName"), place.nodeName, isDns1123Subdomain(place.nodeName)),
    place.nodeSelector && [
      validateNodeSelector(place.nodeSelector, path.child("nodeSelector")),
      place.nodeSelector.nodeSelectorTerms?.length !== 1 &&
        fieldErrors.invalid(
          path.child("nodeSelector", "nodeSelectorTerms"),
          place.nodeSelector.nodeSelectorTerms,
          "must have exactly one node selector term",
        ),
    ],
    flags.map(
      (way) =>
        place[way] === false && fieldErrors.invalid(path.child(way), false, "must be either unset or set to true"),
    ),
    set.length === 0 && fieldErrors.required(path, rule),
    set.length > 1 && fieldErrors.invalid(path, `{${set.join(", ")}}`, `${rule}, but multiple fields are set`),
  ];
}

function validateDevice(device: V1Device, path: FieldPath, isPlacedAlone: boolean): Finding {
  const properties = Object.keys(device.attributes ?? {}).length + Object.keys(device.capacity ?? {}).length;
  const { nodeName, nodeSelector, allNodes, consumesCounters, bindingConditions, bindingFailureConditions } = device;
  const hasPlace = nodeName !== undefined || nodeSelector !== undefined || allNodes !== undefined;
  return [
    validateLabelName(device.name, path.child("name")),
    properties > PROPERTIES_MAX &&
      fieldErrors.invalid(
        path,
        properties,
        `the total number of attributes and capacities must not exceed ${PROPERTIES_MAX}`,
      ),
    eachEntry(
      device.attributes,
      Number.POSITIVE_INFINITY,
      path.child("attributes"),
      validateAttributeName,
      validateAttribute,
    ),
    eachEntry(
      device.capacity,
      Number.POSITIVE_INFINITY,
      path.child("capacity"),
      validateAttributeName,
      (capacity, at) => validateCapacity(capacity, at, device.allowMultipleAllocations ?? false),
    ),
    eachLimited(device.taints, TAINTS_MAX, path.child("taints"), validateTaint),
    eachUnique(
      consumesCounters,
      CONSUMPTIONS_MAX,
      path.child("consumesCounters"),
      ({ counterSet, counters }, at) => [
        validateRequiredLabelName(counterSet, at.child("counterSet")),
        validateCounters(counters, at.child("counters")),
      ],
      ({ counterSet }) => counterSet,
    ),
    isPlacedAlone && validateDevicePlace(device, path),
    !isPlacedAlone &&
      hasPlace &&
      fieldErrors.invalid(
        path,
        null,
        "`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec",
      ),
    validateBindingConditions(bindingConditions, bindingFailureConditions, path),
  ];
}

function validateDevicePlace({ nodeName, nodeSelector, allNodes }: V1Device, path: FieldPath): Finding {
  const rule =
    "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec";
  const set = Object.entries({ nodeName, nodeSelector, allNodes }).filter(([, value]) => value);
  return [
    nodeName === "" && fieldErrors.invalid(path.child("nodeName"), nodeName, "must not be empty"),
    nodeName && invalidTexts(path.child("nodeName"), nodeName, isDns1123Subdomain(nodeName)),
    nodeSelector && validateNodeSelector(nodeSelector, path.child("nodeSelector")),
    allNodes === false && fieldErrors.invalid(path.child("allNodes"), false, "must be either unset or set to true"),
    set.length === 0 && fieldErrors.required(path, rule),
    set.length > 1 && fieldErrors.invalid(path, `{${set.map(([way]) => `\`${way}\``).join(", ")}}`, rule),
  ];
}

function validateCounters(counters: Readonly<Record<string, unknown>> | undefined, path: FieldPath): Finding {
  if (Object.keys(counters ?? {}).length === 0) return fieldErrors.required(path);
  return eachEntry(counters, COUNTERS_MAX, path, validateLabelName);
}

function validateAttribute(attribute: V1DeviceAttribute, path: FieldPath): Finding {
  const values = Object.values(attribute).filter((value) => value !== undefined);
  const { string, version } = attribute;
  const tooLong = (value: string | undefined, at: FieldPath) =>
    (value?.length ?? 0) > ATTRIBUTE_BYTES_MAX && fieldErrors.tooLong(at, ATTRIBUTE_BYTES_MAX);
  return [
    tooLong(string, path.child("string")),
    version !== undefined &&
      !SEMVER.test(version) &&
      fieldErrors.invalid(path.child("version"), version, "must be a string compatible with semver.org spec 2.0.0"),
    tooLong(version, path.child("version")),
    values.length !== 1 &&
      fieldErrors.invalid(path, values.length === 0 ? "" : attribute, "exactly one value must be specified"),
  ];
}
