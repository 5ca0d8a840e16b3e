import { type FieldError, FieldPath, fieldErrors } from "@drydock/apimachinery";
import type { V1PriorityClass } from "@drydock/kube-api";
import { ageColumn, column, defineKind } from "../meta/define-kind.ts";
import { immutable } from "../meta/rules.ts";

const HIGHEST_USER_PRIORITY = 1_000_000_000;
const SYSTEM_PREFIX = "system-";

export const priorityClass = defineKind<V1PriorityClass>({
  group: "scheduling.k8s.io",
  kind: "PriorityClass",
  resource: "priorityclasses",
  shortNames: ["pc"],
  isNamespaced: false,
  schema: "io.k8s.api.scheduling.v1.PriorityClass",
  strategy: {
    setDefaults(object) {
      object.preemptionPolicy ??= "PreemptLowerPriority";
    },
    validate,
    validateUpdate: (object, old) => [
      ...immutable(object.value, old.value, FieldPath.of("value")),
      ...immutable(object.preemptionPolicy, old.preemptionPolicy, FieldPath.of("preemptionPolicy")),
    ],
  },
  columns: [
    column("Value", ({ value }) => value ?? 0, { type: "integer" }),
    column("Global-Default", ({ globalDefault }) => globalDefault ?? false, { type: "boolean" }),
    ageColumn,
    column("PreemptionPolicy", ({ preemptionPolicy }) => preemptionPolicy ?? ""),
  ],
});

function validate({ metadata, value = 0, preemptionPolicy }: V1PriorityClass): FieldError[] {
  const errors: FieldError[] = [];
  const isSystem = metadata.name === "system-cluster-critical" || metadata.name === "system-node-critical";
  if (metadata.name?.startsWith(SYSTEM_PREFIX) && !isSystem)
    errors.push(
      fieldErrors.forbidden(
        FieldPath.of("metadata", "name"),
        "priority class names with 'system-' prefix are reserved for system use only",
      ),
    );
  if (!isSystem && value > HIGHEST_USER_PRIORITY)
    errors.push(
      fieldErrors.forbidden(
        FieldPath.of("value"),
        `maximum allowed value of a user defined priority is ${HIGHEST_USER_PRIORITY}`,
      ),
    );
  if (preemptionPolicy && !["PreemptLowerPriority", "Never"].includes(preemptionPolicy))
    errors.push(
      fieldErrors.notSupported(FieldPath.of("preemptionPolicy"), preemptionPolicy, ["PreemptLowerPriority", "Never"]),
    );
  return errors;
}
