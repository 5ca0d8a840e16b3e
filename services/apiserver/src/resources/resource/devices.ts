import { type FieldError, FieldPath, fieldErrors, isQualifiedName } from "@drydock/apimachinery";
import type { V1DeviceClass, V1ResourceSlice } from "@drydock/kube-api";
import { timestamp } from "../../registry/object-meta.ts";
import { column, defineKind, generationFromSpec } from "../meta/define-kind.ts";
import { findings } from "../meta/rules.ts";
import { eachLimited } from "./limited.ts";
import { validateOpaque, validateSelectors } from "./validate-claim.ts";
import { validateSlice, validateSliceUpdate } from "./validate-slice.ts";

const SPEC = FieldPath.of("spec");
const CONFIG_MAX = 32;

export const deviceClass = defineKind<V1DeviceClass>({
  group: "resource.k8s.io",
  kind: "DeviceClass",
  resource: "deviceclasses",
  isNamespaced: false,
  schema: "io.k8s.api.resource.v1.DeviceClass",
  strategy: { ...generationFromSpec, validate: validateClass, validateUpdate: validateClass },
});

export const resourceSlice = defineKind<V1ResourceSlice>({
  group: "resource.k8s.io",
  kind: "ResourceSlice",
  resource: "resourceslices",
  isNamespaced: false,
  schema: "io.k8s.api.resource.v1.ResourceSlice",
  strategy: {
    ...generationFromSpec,
    prepareForCreate: (object, { nowMs }) => stampTaints(object, nowMs),
    prepareForUpdate: (object, _old, { nowMs }) => stampTaints(object, nowMs),
    validate: validateSlice,
    validateUpdate: validateSliceUpdate,
  },
  columns: [
    column("Node", ({ spec }) => spec?.nodeName ?? "<unset>"),
    column("Driver", ({ spec }) => spec?.driver ?? ""),
    column("Pool", ({ spec }) => spec?.pool?.name ?? ""),
  ],
  selectableFields: {
    "spec.driver": ({ spec }) => spec?.driver ?? "",
    "spec.nodeName": ({ spec }) => spec?.nodeName ?? "",
  },
});

function stampTaints({ spec }: V1ResourceSlice, nowMs: number): void {
  for (const { taints } of spec?.devices ?? []) for (const taint of taints ?? []) taint.timeAdded ??= timestamp(nowMs);
}

function validateClass({ spec }: V1DeviceClass): FieldError[] {
  const name = spec?.extendedResourceName;
  return findings(
    validateSelectors(spec?.selectors, SPEC.child("selectors")),
    eachLimited(spec?.config, CONFIG_MAX, SPEC.child("config"), ({ opaque }, path) =>
      validateOpaque(opaque, path.child("opaque")),
    ),
    name !== undefined &&
      !isExtendedResourceName(name) &&
      fieldErrors.invalid(SPEC.child("extendedResourceName"), name, "must be a valid extended resource name"),
  );
}

/** A resource of somebody else's domain. */
function isExtendedResourceName(name: string): boolean {
  const isNative = !name.includes("/") || name.includes("kubernetes.io/");
  return !isNative && !name.startsWith("requests.") && isQualifiedName(`requests.${name}`).length === 0;
}
