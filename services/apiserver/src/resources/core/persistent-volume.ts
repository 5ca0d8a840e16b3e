import { deepEqual, type FieldError, FieldPath, fieldErrors } from "@drydock/apimachinery";
import type { V1PersistentVolume, V1PersistentVolumeSpec } from "@drydock/kube-api";
import { timestamp } from "../../registry/object-meta.ts";
import { ageColumn, column, defineKind, separateStatus, wideColumn } from "../meta/define-kind.ts";
import { validatePositiveQuantity } from "../meta/quantity-rules.ts";
import { type Finding, findings, immutable, optionalOneOf } from "../meta/rules.ts";
import { validateNodeSelector } from "../pod-spec/validate-node-selector.ts";
import { VOLUME_SOURCES, validatePersistentSource } from "../pod-spec/validate-volume-sources.ts";
import { accessModesText } from "./volume-columns.ts";
import { VOLUME_MODES, validateAccessModes, validateClassName } from "./volume-rules.ts";

const SPEC = FieldPath.of("spec");
const RECLAIM_POLICIES = ["Delete", "Recycle", "Retain"];
const BETA_CLASS = "volume.beta.kubernetes.io/storage-class";

export const persistentVolume = defineKind<V1PersistentVolume>({
  kind: "PersistentVolume",
  resource: "persistentvolumes",
  shortNames: ["pv"],
  isNamespaced: false,
  schema: "io.k8s.api.core.v1.PersistentVolume",
  strategy: {
    setDefaults(object) {
      const { spec } = object;
      object.status ??= {};
      object.status.phase ||= "Pending";
      if (!spec) return;
      spec.persistentVolumeReclaimPolicy ||= "Retain";
      spec.volumeMode ??= "Filesystem";
      if (spec.hostPath) spec.hostPath.type ??= "";
    },
    prepareForCreate(object, { nowMs }) {
      object.status = { phase: "Pending", lastPhaseTransitionTime: timestamp(nowMs) };
    },
    prepareForUpdate: separateStatus.main.prepareForUpdate,
    validate: ({ spec }) => validateSpec(spec, SPEC),
    validateUpdate,
  },
  columns: [
    column("Capacity", ({ spec }) => spec?.capacity?.["storage"] ?? ""),
    column("Access Modes", ({ spec }) => accessModesText(spec?.accessModes)),
    column("Reclaim Policy", ({ spec }) => spec?.persistentVolumeReclaimPolicy ?? ""),
    column("Status", ({ metadata, status }) => (metadata.deletionTimestamp ? "Terminating" : (status?.phase ?? ""))),
    column("Claim", ({ spec }) => (spec?.claimRef ? `${spec.claimRef.namespace}/${spec.claimRef.name}` : "")),
    column("StorageClass", ({ metadata, spec }) => metadata.annotations?.[BETA_CLASS] ?? spec?.storageClassName ?? ""),
    column("VolumeAttributesClass", ({ spec }) => spec?.volumeAttributesClassName ?? "<unset>"),
    column("Reason", ({ status }) => status?.reason ?? ""),
    ageColumn,
    wideColumn("VolumeMode", ({ spec }) => spec?.volumeMode ?? "<unset>"),
  ],
  selectableFields: { name: ({ metadata }) => metadata.name },
  subresources: {
    status: {
      prepareForUpdate(object, old, { nowMs }) {
        separateStatus.status.prepareForUpdate(object, old);
        if (object.status && object.status.phase !== old.status?.phase)
          object.status.lastPhaseTransitionTime = timestamp(nowMs);
        else if (object.status && old.status?.lastPhaseTransitionTime)
          object.status.lastPhaseTransitionTime ??= old.status.lastPhaseTransitionTime;
      },
      validateUpdate: () => [],
    },
  },
});

function sourcesOf(spec: V1PersistentVolumeSpec) {
  return VOLUME_SOURCES.filter((field) => spec[field as keyof V1PersistentVolumeSpec] !== undefined);
}

function validateSpec(spec: V1PersistentVolumeSpec | undefined, path: FieldPath): FieldError[] {
  if (!spec) return [fieldErrors.required(path, "must specify a volume type")];
  const { capacity, hostPath, nodeAffinity } = spec;
  const sources = sourcesOf(spec);
  const names = Object.keys(capacity ?? {});
  return findings(
    validateAccessModes(spec.accessModes, path.child("accessModes"), ""),
    names.length === 0 && fieldErrors.required(path.child("capacity")),
    (names.length !== 1 || names[0] !== "storage") &&
      fieldErrors.notSupported(path.child("capacity"), (capacity ?? null) as unknown as string, ["storage"]),
    Object.entries(capacity ?? {}).map(([name, quantity]) =>
      validatePositiveQuantity(quantity, path.child("capacity").key(name)),
    ),
    optionalOneOf(path.child("persistentVolumeReclaimPolicy"), spec.persistentVolumeReclaimPolicy, RECLAIM_POLICIES),
    nodeAffinity && validateAffinity(nodeAffinity, path.child("nodeAffinity")),
    sources.length === 0 && fieldErrors.required(path, "must specify a volume type"),
    sources
      .slice(1)
      .map((field) => fieldErrors.forbidden(path.child(field), "may not specify more than 1 volume type")),
    sources.slice(0, 1).map((field) => validatePersistentSource(spec, field, path.child(field))),
    spec.local &&
      !nodeAffinity?.required &&
      fieldErrors.required(path.child("nodeAffinity"), "Local volume requires node affinity"),
    hostPath?.path === "/" &&
      spec.persistentVolumeReclaimPolicy === "Recycle" &&
      fieldErrors.forbidden(
        path.child("persistentVolumeReclaimPolicy"),
        "may not be 'recycle' for a hostPath mount of '/'",
      ),
    validateClassName(spec.storageClassName, path.child("storageClassName")),
    optionalOneOf(path.child("volumeMode"), spec.volumeMode, VOLUME_MODES),
    validateClassName(spec.volumeAttributesClassName, path.child("volumeAttributesClassName")),
    spec.volumeAttributesClassName !== undefined &&
      !spec.csi &&
      fieldErrors.required(path.child("csi"), "has to be specified when using volumeAttributesClassName"),
  );
}

function validateAffinity({ required }: NonNullable<V1PersistentVolumeSpec["nodeAffinity"]>, path: FieldPath): Finding {
  const at = path.child("required");
  return required
    ? validateNodeSelector(required, at)
    : fieldErrors.required(at, "must specify required node constraints");
}

function validateUpdate(object: V1PersistentVolume, old: V1PersistentVolume): FieldError[] {
  const { spec } = object;
  const before = old.spec;
  if (!spec || !before) return validateSpec(spec, SPEC);
  const isMoved = [...new Set([...sourcesOf(spec), ...sourcesOf(before)])].some(
    (field) => !deepEqual(spec[field as keyof V1PersistentVolumeSpec], before[field as keyof V1PersistentVolumeSpec]),
  );
  return findings(
    validateSpec(spec, SPEC),
    isMoved &&
      fieldErrors.forbidden(
        SPEC.child("persistentvolumesource"),
        "spec.persistentvolumesource is immutable after creation",
      ),
    immutable(spec.volumeMode, before.volumeMode, SPEC.child("volumeMode")),
    before.nodeAffinity && immutable(spec.nodeAffinity, before.nodeAffinity, SPEC.child("nodeAffinity")),
  );
}
