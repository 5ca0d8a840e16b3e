import {
  deepEqual,
  type FieldError,
  FieldPath,
  fieldErrors,
  isDns1123Subdomain,
  isQualifiedName,
} from "@drydock/apimachinery";
import type { V1CSIDriver, V1CSINode, V1CSIStorageCapacity } from "@drydock/kube-api";
import { column, createdColumn, defineKind, nameColumn } from "../meta/define-kind.ts";
import { validateDriverName } from "../meta/driver-name-rules.ts";
import { validateLabelSelector } from "../meta/label-selector-rules.ts";
import { validateNonNegativeQuantity } from "../meta/quantity-rules.ts";
import { duplicates, each, findings, immutable, invalidTexts, nonNegative, optionalOneOf } from "../meta/rules.ts";

const SPEC = FieldPath.of("spec");
const TOKEN_SECONDS_MIN = 600;
const TOKEN_SECONDS_MAX = 2 ** 32;
const NODE_ID_BYTES_MAX = 256;
const UPDATE_SECONDS_MIN = 10;

export const csiDriver = defineKind<V1CSIDriver>({
  group: "storage.k8s.io",
  kind: "CSIDriver",
  resource: "csidrivers",
  isNamespaced: false,
  schema: "io.k8s.api.storage.v1.CSIDriver",
  strategy: {
    setDefaults({ spec }) {
      if (!spec) return;
      spec.attachRequired ??= true;
      spec.podInfoOnMount ??= false;
      spec.storageCapacity ??= false;
      spec.fsGroupPolicy ??= "ReadWriteOnceWithFSType";
      if ((spec.volumeLifecycleModes ?? []).length === 0) spec.volumeLifecycleModes = ["Persistent"];
      spec.requiresRepublish ??= false;
      spec.seLinuxMount ??= false;
    },
    validate: validateDriver,
    validateUpdate: (object, old) =>
      findings(
        validateDriver(object),
        immutable(object.spec?.attachRequired, old.spec?.attachRequired, SPEC.child("attachedRequired")),
        immutable(
          object.spec?.volumeLifecycleModes,
          old.spec?.volumeLifecycleModes,
          SPEC.child("volumeLifecycleModes"),
        ),
      ),
  },
  columns: [
    column("AttachRequired", ({ spec }) => spec?.attachRequired ?? true, { type: "boolean" }),
    column("PodInfoOnMount", ({ spec }) => spec?.podInfoOnMount ?? false, { type: "boolean" }),
    column("StorageCapacity", ({ spec }) => spec?.storageCapacity ?? false, { type: "boolean" }),
    column(
      "TokenRequests",
      ({ spec }) => (spec?.tokenRequests ?? []).map(({ audience }) => audience).join(",") || "<unset>",
    ),
    column("RequiresRepublish", ({ spec }) => spec?.requiresRepublish ?? false, { type: "boolean" }),
    column("Modes", ({ spec }) => spec?.volumeLifecycleModes?.join(",") || "<none>"),
  ],
});

function validateDriver({ spec }: V1CSIDriver): FieldError[] {
  const seconds = spec?.nodeAllocatableUpdatePeriodSeconds;
  return findings(
    each(spec?.tokenRequests, SPEC.child("tokenRequests"), ({ expirationSeconds: lifetime }, path) => {
      if (lifetime === undefined) return undefined;
      const at = path.child("expirationSeconds");
      return [
        lifetime < TOKEN_SECONDS_MIN &&
          fieldErrors.invalid(at, lifetime, "may not specify a duration less than 10 minutes"),
        lifetime > TOKEN_SECONDS_MAX &&
          fieldErrors.invalid(at, lifetime, "may not specify a duration larger than 2^32 seconds"),
      ];
    }),
    duplicates(
      spec?.tokenRequests,
      (index) => SPEC.child("tokenRequests").index(index).child("audience"),
      ({ audience }) => audience,
    ),
    each(spec?.volumeLifecycleModes, SPEC.child("volumeLifecycleModes"), (mode) =>
      optionalOneOf(SPEC.child("volumeLifecycleModes"), mode, ["Ephemeral", "Persistent"]),
    ),
    optionalOneOf(SPEC.child("fsGroupPolicy"), spec?.fsGroupPolicy, ["File", "None", "ReadWriteOnceWithFSType"]),
    seconds !== undefined &&
      seconds < UPDATE_SECONDS_MIN &&
      fieldErrors.invalid(
        SPEC.child("nodeAllocatableUpdatePeriodSeconds"),
        seconds,
        "must be greater than or equal to 10 seconds",
      ),
  );
}

export const csiNode = defineKind<V1CSINode>({
  group: "storage.k8s.io",
  kind: "CSINode",
  resource: "csinodes",
  isNamespaced: false,
  schema: "io.k8s.api.storage.v1.CSINode",
  strategy: {
    validate: validateNode,
    validateUpdate(object, old) {
      const errors = validateNode(object);
      // What a driver has said of itself stays as long as it is there; how many volumes fit may change.
      for (const [index, driver] of (object.spec?.drivers ?? []).entries()) {
        const before = old.spec?.drivers?.find(({ name }) => name === driver.name);
        if (!before || deepEqual({ ...driver, allocatable: null }, { ...before, allocatable: null })) continue;
        errors.push(fieldErrors.invalid(SPEC.child("drivers").index(index), driver, "field is immutable"));
      }
      return errors;
    },
  },
  columns: [column("Drivers", ({ spec }) => spec?.drivers?.length ?? 0, { type: "integer" })],
});

function validateNode({ spec }: V1CSINode): FieldError[] {
  const path = SPEC.child("drivers");
  return findings(
    each(spec?.drivers, path, ({ name, nodeID, allocatable, topologyKeys = [] }, at) => [
      validateDriverName(name, at.child("name")),
      !nodeID
        ? fieldErrors.required(at.child("nodeID"), nodeID ?? "")
        : nodeID.length > NODE_ID_BYTES_MAX &&
          fieldErrors.invalid(at.child("nodeID"), nodeID, `must be ${NODE_ID_BYTES_MAX} characters or less`),
      nonNegative(allocatable?.count, at.child("allocatable", "count")),
      topologyKeys.map((key, index) => [
        topologyKeys.indexOf(key) < index && fieldErrors.duplicate(at.child("topologyKeys"), key),
        invalidTexts(at.child("topologyKeys"), key, isQualifiedName(key)),
      ]),
    ]),
    duplicates(
      spec?.drivers,
      (index) => path.index(index).child("name"),
      ({ name }) => name,
    ),
  );
}

export const csiStorageCapacity = defineKind<V1CSIStorageCapacity>({
  group: "storage.k8s.io",
  kind: "CSIStorageCapacity",
  resource: "csistoragecapacities",
  schema: "io.k8s.api.storage.v1.CSIStorageCapacity",
  strategy: {
    validate: validateCapacity,
    validateUpdate: (object, old) =>
      findings(
        validateCapacity(object),
        immutable(object.nodeTopology, old.nodeTopology, FieldPath.of("nodeTopology")),
        immutable(object.storageClassName, old.storageClassName, FieldPath.of("storageClassName")),
      ),
  },
  allColumns: [nameColumn, createdColumn],
});

function validateCapacity({ storageClassName, nodeTopology, capacity, maximumVolumeSize }: V1CSIStorageCapacity) {
  const path = FieldPath.of("storageClassName");
  return findings(
    validateLabelSelector(nodeTopology, FieldPath.of("nodeTopology")),
    invalidTexts(path, storageClassName ?? "", isDns1123Subdomain(storageClassName ?? "")),
    capacity !== undefined && validateNonNegativeQuantity(capacity, FieldPath.of("capacity")),
    maximumVolumeSize !== undefined &&
      validateNonNegativeQuantity(maximumVolumeSize, FieldPath.of("maximumVolumeSize")),
  );
}
