import { type FieldError, FieldPath, fieldErrors } from "@drydock/apimachinery";
import type { V1Namespace } from "@drydock/kube-api";
import { column, defineKind, nameRules, separateStatus } from "../meta/define-kind.ts";

export const namespace = defineKind<V1Namespace>({
  kind: "Namespace",
  resource: "namespaces",
  shortNames: ["ns"],
  isNamespaced: false,
  verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
  schema: "io.k8s.api.core.v1.Namespace",
  strategy: {
    validateName: nameRules.label,
    setDefaults: setNameLabel,
    prepareNamed: (object) => setNameLabel(object),
    prepareForCreate(object) {
      object.spec = { finalizers: [...new Set([...(object.spec?.finalizers ?? []), "kubernetes"])] };
      object.status = { phase: "Active" };
    },
    prepareForUpdate(object, old) {
      if (old.spec) object.spec = old.spec;
      if (old.status) object.status = old.status;
    },
    validate: () => [],
  },
  columns: [column("Status", ({ status }) => status?.phase ?? "")],
  selectableFields: { "status.phase": ({ status }) => status?.phase ?? "" },
  subresources: {
    status: { prepareForUpdate: separateStatus.status.prepareForUpdate, validateUpdate: validatePhase },
    other: ["finalize"],
  },
});

/** Every namespace can be selected by its name (KEP-2161). */
function setNameLabel({ metadata }: V1Namespace): void {
  if (metadata.name) metadata.labels = { ...metadata.labels, "kubernetes.io/metadata.name": metadata.name };
}

function validatePhase(object: V1Namespace): FieldError[] {
  const isTerminating = object.metadata.deletionTimestamp !== undefined;
  const phase = object.status?.phase;
  if (isTerminating === (phase === "Terminating")) return [];
  const text = isTerminating
    ? "may only be 'Terminating' if `deletionTimestamp` is not empty"
    : "may not be 'Terminating' if `deletionTimestamp` is empty";
  return phase === undefined || phase === "Active" || phase === "Terminating"
    ? [fieldErrors.invalid(FieldPath.of("status", "Phase"), phase ?? "", text)]
    : [];
}
