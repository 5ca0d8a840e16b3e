import {
  deepEqual,
  type FieldError,
  FieldPath,
  fieldErrors,
  isDns1035Label,
  isDns1123Subdomain,
} from "@drydock/apimachinery";
import type {
  V1CustomResourceDefinition,
  V1CustomResourceDefinitionNames,
  V1CustomResourceDefinitionSpec,
  V1CustomResourceDefinitionVersion,
} from "@drydock/kube-api";
import { isTrue } from "../../custom-resources/definition-types.ts";
import { approvalAnnotation, isProtectedGroup } from "../../custom-resources/protected-groups.ts";
import { each, type Finding, findings, requiredOneOf } from "../meta/rules.ts";
import { validateConversion } from "./validate-conversion.ts";
import { splitParts, validateShared, validateVersion } from "./validate-versions.ts";

const SPEC = FieldPath.of("spec");

export function validateDefinition(crd: V1CustomResourceDefinition, old?: V1CustomResourceDefinition): FieldError[] {
  const { metadata, spec } = crd;
  if (!spec) return [fieldErrors.required(SPEC)];
  const wanted = `${spec.names?.plural}.${spec.group}`;
  return findings(
    !!metadata.name &&
      metadata.name !== wanted &&
      fieldErrors.invalid(FieldPath.of("metadata", "name"), metadata.name, 'must be spec.names.plural+"."+spec.group'),
    validateSpec(spec, old?.spec.versions),
    validateApproval(crd),
    validateStoredVersions(crd),
  );
}

export function validateDefinitionUpdate(
  crd: V1CustomResourceDefinition,
  old: V1CustomResourceDefinition,
): FieldError[] {
  const immutable = (path: FieldPath, value: unknown, before: unknown): Finding =>
    !deepEqual(value, before) && fieldErrors.invalid(path, value, "field is immutable");
  const names = SPEC.child("names");
  const isEstablished = isTrue(old, "Established");
  return findings(
    validateDefinition(crd, old),
    isEstablished && [
      immutable(SPEC.child("scope"), crd.spec?.scope, old.spec.scope),
      immutable(names.child("kind"), crd.spec?.names?.kind, old.spec.names.kind),
    ],
    immutable(SPEC.child("group"), crd.spec?.group, old.spec.group),
    immutable(names.child("plural"), crd.spec?.names?.plural, old.spec.names.plural),
  );
}

export function validateDefinitionStatus(crd: V1CustomResourceDefinition): FieldError[] {
  return validateStoredVersions(crd);
}

function validateStoredVersions({ spec, status }: V1CustomResourceDefinition): FieldError[] {
  const path = FieldPath.of("status", "storedVersions");
  const stored = status?.storedVersions ?? [];
  if (stored.length === 0) return [fieldErrors.invalid(path, null, "must have at least one stored version")];
  const missing = each(stored, path, (name, at) =>
    (spec.versions ?? []).some((version) => version.name === name)
      ? undefined
      : fieldErrors.invalid(
          at,
          name,
          "missing from spec.versions; v1 was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in v1 and removes v1 from status.storedVersions".replaceAll(
            "v1",
            name,
          ),
        ),
  );
  const storage = spec.versions?.find((version) => version.storage)?.name;
  return storage === undefined || stored.includes(storage)
    ? missing
    : [...missing, fieldErrors.invalid(path, stored, `must have the storage version ${storage}`)];
}

function validateSpec(
  spec: V1CustomResourceDefinitionSpec,
  before: readonly V1CustomResourceDefinitionVersion[] = [],
): FieldError[] {
  const { group = "", scope, versions = [] } = spec;
  const path = SPEC.child("versions");
  const storage = versions.filter((version) => version.storage).length;
  const names = versions.map(({ name }) => name);
  const { shared, own } = splitParts(versions);
  return findings(
    validateGroup(group),
    requiredOneOf(SPEC.child("scope"), scope, ["Cluster", "Namespaced"]),
    each(versions, path, (version, at) => validateVersion(own(version), at, shared, before)),
    new Set(names).size < names.length && fieldErrors.invalid(path, names, "must contain unique version names"),
    storage !== 1 &&
      fieldErrors.invalid(
        path,
        versions.length === 0 ? null : names,
        "must have exactly one version marked as storage version",
      ),
    spec.preserveUnknownFields &&
      fieldErrors.invalid(
        SPEC.child("preserveUnknownFields"),
        true,
        "must be false in order to use defaults in the schema",
      ),
    validateNames(spec.names ?? { kind: "", plural: "" }, SPEC.child("names")),
    validateShared(shared, versions[0]?.name, before),
    validateConversion(spec.conversion, SPEC.child("conversion")),
  );
}

function validateGroup(group: string): Finding {
  const path = SPEC.child("group");
  if (group === "") return fieldErrors.required(path);
  const texts = isDns1123Subdomain(group);
  if (texts.length > 0) return fieldErrors.invalid(path, group, texts.join(","));
  return !group.includes(".") && fieldErrors.invalid(path, group, "should be a domain with at least one dot");
}

function validateNames(names: V1CustomResourceDefinitionNames, path: FieldPath): Finding {
  const label = (field: "plural" | "singular", isRequired: boolean): Finding => {
    const value = names[field] ?? "";
    if (value === "") return isRequired && fieldErrors.required(path.child(field));
    const texts = isDns1035Label(value);
    return texts.length > 0 && fieldErrors.invalid(path.child(field), value, texts.join(","));
  };
  const kind = (field: "kind" | "listKind"): Finding => {
    const value = names[field] ?? "";
    if (value === "") return fieldErrors.required(path.child(field));
    const texts = isDns1035Label(value.toLowerCase());
    return (
      texts.length > 0 &&
      fieldErrors.invalid(
        path.child(field),
        value,
        `may have mixed case, but should otherwise match: ${texts.join(",")}`,
      )
    );
  };
  return [
    label("plural", true),
    // Without one of its own it is the kind's.
    label("singular", !names.kind),
    kind("kind"),
    kind("listKind"),
    each(names.shortNames, path.child("shortNames"), (name, at) => {
      const texts = isDns1035Label(name);
      return texts.length > 0 && fieldErrors.invalid(at, name, texts.join(","));
    }),
    !!names.kind &&
      names.kind === names.listKind &&
      fieldErrors.invalid(path.child("listKind"), names.listKind, "kind and listKind may not be the same"),
    each(names.categories, path.child("categories"), (name, at) => {
      const texts = isDns1035Label(name);
      return texts.length > 0 && fieldErrors.invalid(at, name, texts.join(","));
    }),
  ];
}

/** Groups of the community need somebody's word that the API was approved. */
function validateApproval({ metadata, spec }: V1CustomResourceDefinition): Finding {
  if (!isProtectedGroup(spec.group ?? "")) return undefined;
  const path = FieldPath.of("metadata", "annotations").key(approvalAnnotation);
  const value = metadata.annotations?.[approvalAnnotation];
  const see = "see https://github.com/kubernetes/enhancements/pull/1111";
  if (!value)
    return fieldErrors.required(
      path,
      `protected groups must have approval annotation ${JSON.stringify(approvalAnnotation)}, ${see}`,
    );
  if (value.startsWith("unapproved") || /^https?:\/\/\S+$/.test(value)) return undefined;
  return fieldErrors.invalid(
    path,
    value,
    `protected groups must have approval annotation ${JSON.stringify(approvalAnnotation)} with either a URL or a reason starting with "unapproved", ${see}`,
  );
}
