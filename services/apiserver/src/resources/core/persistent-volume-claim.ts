import { deepClone, deepEqual, type FieldError, FieldPath, fieldErrors } from "@drydock/apimachinery";
import type { V1PersistentVolumeClaim, V1PersistentVolumeClaimSpec } from "@drydock/kube-api";
import { ageColumn, column, defineKind, separateStatus, wideColumn } from "../meta/define-kind.ts";
import { isGreater } from "../meta/quantity-rules.ts";
import { findings } from "../meta/rules.ts";
import { setClaimDefaults } from "./claim-defaults.ts";
import { validateClaimSpec } from "./validate-claim.ts";
import { accessModesText } from "./volume-columns.ts";

const SPEC = FieldPath.of("spec");
const BETA_CLASS = "volume.beta.kubernetes.io/storage-class";
const UPDATE_RULE =
  "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";

export const persistentVolumeClaim = defineKind<V1PersistentVolumeClaim>({
  kind: "PersistentVolumeClaim",
  resource: "persistentvolumeclaims",
  shortNames: ["pvc"],
  schema: "io.k8s.api.core.v1.PersistentVolumeClaim",
  strategy: {
    setDefaults: setClaimDefaults,
    prepareForCreate(object) {
      object.status = { phase: "Pending" };
      if (object.spec) alignDataSources(object.spec);
    },
    prepareForUpdate: separateStatus.main.prepareForUpdate,
    validate: ({ spec }) => validateClaimSpec(spec, SPEC),
    validateUpdate,
  },
  columns: [
    column("Status", ({ metadata, status }) => (metadata.deletionTimestamp ? "Terminating" : (status?.phase ?? ""))),
    column("Volume", ({ spec }) => spec?.volumeName ?? ""),
    column("Capacity", ({ spec, status }) => (spec?.volumeName ? (status?.capacity?.["storage"] ?? "0") : "")),
    column("Access Modes", ({ spec, status }) => (spec?.volumeName ? accessModesText(status?.accessModes) : "")),
    column("StorageClass", ({ metadata, spec }) => metadata.annotations?.[BETA_CLASS] ?? spec?.storageClassName ?? ""),
    column("VolumeAttributesClass", ({ spec }) => spec?.volumeAttributesClassName ?? "<unset>"),
    ageColumn,
    wideColumn("VolumeMode", ({ spec }) => spec?.volumeMode ?? "<unset>"),
  ],
  selectableFields: { name: ({ metadata }) => metadata.name },
  subresources: {
    status: { prepareForUpdate: separateStatus.status.prepareForUpdate, validateUpdate: validateStatus },
  },
});

/** The older of the two fields can say less; each is filled from the other where it can. */
function alignDataSources(spec: V1PersistentVolumeClaimSpec): void {
  const { dataSource, dataSourceRef } = spec;
  if (dataSource && !dataSourceRef) spec.dataSourceRef = { ...dataSource };
  else if (dataSourceRef && !dataSource && !dataSourceRef.namespace) spec.dataSource = { ...dataSourceRef };
}

function validateUpdate(object: V1PersistentVolumeClaim, old: V1PersistentVolumeClaim): FieldError[] {
  const { spec } = object;
  const before = old.spec;
  if (!spec || !before) return validateClaimSpec(spec, SPEC);
  const comparable = deepClone(spec);
  // Unbound: the binder fills in the volume, and the class where none was named.
  if (!before.volumeName) delete comparable.volumeName;
  if (before.storageClassName === undefined && old.metadata.annotations?.[BETA_CLASS] === undefined)
    delete comparable.storageClassName;
  if (old.status?.phase === "Bound" && before.resources?.requests)
    comparable.resources = { ...comparable.resources, requests: before.resources.requests };
  if (before.volumeAttributesClassName === undefined) delete comparable.volumeAttributesClassName;
  else comparable.volumeAttributesClassName = before.volumeAttributesClassName;
  const size = spec.resources?.requests?.["storage"];
  return findings(
    validateClaimSpec(spec, SPEC),
    !deepEqual(comparable, before) && fieldErrors.forbidden(SPEC, UPDATE_RULE),
    isGreater(before.resources?.requests?.["storage"], size) &&
      isGreater(old.status?.capacity?.["storage"], size) &&
      fieldErrors.forbidden(
        SPEC.child("resources", "requests", "storage"),
        "field can not be less than status.capacity",
      ),
  );
}

function validateStatus({ status }: V1PersistentVolumeClaim): FieldError[] {
  return findings(
    (status?.conditions ?? []).map(
      ({ type }, index) =>
        !type && fieldErrors.required(FieldPath.of("status", "conditions").index(index).child("type")),
    ),
  );
}
