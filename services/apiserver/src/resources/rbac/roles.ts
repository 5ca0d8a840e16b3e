import { FieldPath } from "@drydock/apimachinery";
import type { V1ClusterRole, V1Role } from "@drydock/kube-api";
import { createdColumn, defineKind, nameColumn, nameRules } from "../meta/define-kind.ts";
import { validateLabelSelector } from "../meta/label-selector-rules.ts";
import { validateRules } from "./rules.ts";

const GROUP = "rbac.authorization.k8s.io";

export const role = defineKind<V1Role>({
  group: GROUP,
  kind: "Role",
  resource: "roles",
  schema: "io.k8s.api.rbac.v1.Role",
  strategy: {
    validateName: nameRules.pathSegment,
    validate: ({ rules }) => validateRules(rules, true),
    validateUpdate: ({ rules }) => validateRules(rules, true),
  },
  allColumns: [nameColumn, createdColumn],
});

export const clusterRole = defineKind<V1ClusterRole>({
  group: GROUP,
  kind: "ClusterRole",
  resource: "clusterroles",
  isNamespaced: false,
  schema: "io.k8s.api.rbac.v1.ClusterRole",
  strategy: { validateName: nameRules.pathSegment, validate, validateUpdate: validate },
  allColumns: [nameColumn, createdColumn],
});

function validate({ rules, aggregationRule }: V1ClusterRole) {
  const errors = validateRules(rules, false);
  const path = FieldPath.of("aggregationRule", "clusterRoleSelectors");
  (aggregationRule?.clusterRoleSelectors ?? []).forEach((selector, index) => {
    errors.push(...validateLabelSelector(selector, path.index(index)));
  });
  return errors;
}
