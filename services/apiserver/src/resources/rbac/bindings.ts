import {
  type Column,
  deepEqual,
  type FieldError,
  FieldPath,
  fieldErrors,
  type KubeObject,
} from "@drydock/apimachinery";
import type { RbacV1Subject, V1ClusterRoleBinding, V1RoleBinding, V1RoleRef } from "@drydock/kube-api";
import { column, defineKind, nameRules, wideColumn } from "../meta/define-kind.ts";

const GROUP = "rbac.authorization.k8s.io";

interface Binding extends KubeObject {
  roleRef: V1RoleRef;
  subjects?: RbacV1Subject[];
}

export const roleBinding = defineKind<V1RoleBinding>({
  group: GROUP,
  kind: "RoleBinding",
  resource: "rolebindings",
  schema: "io.k8s.api.rbac.v1.RoleBinding",
  strategy: {
    validateName: nameRules.pathSegment,
    setDefaults,
    validate: (object) => validate(object, ["Role", "ClusterRole"]),
    validateUpdate: validateChange,
  },
  columns: bindingColumns(),
});

export const clusterRoleBinding = defineKind<V1ClusterRoleBinding>({
  group: GROUP,
  kind: "ClusterRoleBinding",
  resource: "clusterrolebindings",
  isNamespaced: false,
  schema: "io.k8s.api.rbac.v1.ClusterRoleBinding",
  strategy: {
    validateName: nameRules.pathSegment,
    setDefaults,
    validate: (object) => validate(object, ["ClusterRole"]),
    validateUpdate: validateChange,
  },
  columns: bindingColumns(),
});

function setDefaults(object: Binding): void {
  // A client may leave it out.
  const { apiGroup, kind = "", name = "" }: Partial<V1RoleRef> = object.roleRef ?? {};
  object.roleRef = { apiGroup: apiGroup || GROUP, kind, name };
  for (const subject of object.subjects ?? []) {
    if (subject.kind === "ServiceAccount") subject.apiGroup ??= "";
    else subject.apiGroup ||= GROUP;
    if (subject.apiGroup === "") delete subject.apiGroup;
  }
}

function validate({ roleRef, subjects = [], metadata }: Binding, roleKinds: readonly string[]): FieldError[] {
  const errors: FieldError[] = [];
  const path = FieldPath.of("roleRef");
  if (roleRef.apiGroup !== GROUP)
    errors.push(fieldErrors.notSupported(path.child("apiGroup"), roleRef.apiGroup, [GROUP]));
  if (!roleKinds.includes(roleRef.kind))
    errors.push(fieldErrors.notSupported(path.child("kind"), roleRef.kind, roleKinds));
  if (!roleRef.name) errors.push(fieldErrors.required(path.child("name")));
  subjects.forEach((subject, index) => {
    const at = FieldPath.of("subjects").index(index);
    if (!subject.name) errors.push(fieldErrors.required(at.child("name")));
    if (!["Group", "ServiceAccount", "User"].includes(subject.kind))
      errors.push(fieldErrors.notSupported(at.child("kind"), subject.kind, ["ServiceAccount", "User", "Group"]));
    if (subject.kind === "ServiceAccount" && !subject.namespace && !metadata.namespace)
      errors.push(fieldErrors.required(at.child("namespace")));
  });
  return errors;
}

function validateChange(object: Binding, old: Binding): FieldError[] {
  const kinds = object.metadata.namespace ? ["ClusterRole", "Role"] : ["ClusterRole"];
  const errors = validate(object, kinds);
  if (!deepEqual(object.roleRef, old.roleRef))
    errors.push(fieldErrors.invalid(FieldPath.of("roleRef"), object.roleRef, "cannot change roleRef"));
  return errors;
}

function bindingColumns<T extends Binding>(): Column<T>[] {
  const names = (kind: string) => (object: T) =>
    (object.subjects ?? [])
      .filter((subject) => subject.kind === kind)
      .map(({ name, namespace }) => (kind === "ServiceAccount" ? `${namespace}/${name}` : name))
      .join(", ");
  return [
    column<T>("Role", ({ roleRef }) => `${roleRef.kind}/${roleRef.name}`),
    wideColumn<T>("Users", names("User")),
    wideColumn<T>("Groups", names("Group")),
    wideColumn<T>("ServiceAccounts", names("ServiceAccount")),
  ];
}
