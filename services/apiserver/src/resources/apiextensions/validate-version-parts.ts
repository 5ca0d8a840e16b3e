import { type FieldPath, fieldErrors } from "@drydock/apimachinery";
import type {
  V1CustomResourceColumnDefinition,
  V1CustomResourceSubresourceScale,
  V1SelectableField,
} from "@drydock/kube-api";
import { parseJsonPath } from "../../custom-resources/json-path.ts";
import type { Structural } from "../../custom-resources/schema/structural.ts";
import { each, type Finding, requiredOneOf } from "../meta/rules.ts";

const columnTypes = ["boolean", "date", "integer", "number", "string"];

export function validateColumns(columns: V1CustomResourceColumnDefinition[] | undefined, path: FieldPath): Finding {
  return each(columns, path, ({ name, type, jsonPath }, at) => [
    !name && fieldErrors.required(at.child("name")),
    requiredOneOf(at.child("type"), type, columnTypes, `must be one of ${columnTypes.join(",")}`),
    validatePath(jsonPath, at.child("jsonPath"), (path) => parseJsonPath(path) !== undefined),
  ]);
}

function validatePath(text: string | undefined, path: FieldPath, isValid: (text: string) => boolean): Finding {
  if (!text) return fieldErrors.required(path);
  return (
    !(text.startsWith(".") && isValid(text)) &&
    fieldErrors.invalid(path, text, "must be a simple json path starting with .")
  );
}

const simplePath = (text: string) => /^(\.[A-Za-z_][\w-]*)+$/.test(text);

export function validateScale(scale: V1CustomResourceSubresourceScale, path: FieldPath): Finding {
  const under = (
    field: "specReplicasPath" | "statusReplicasPath" | "labelSelectorPath",
    roots: readonly string[],
  ): Finding => {
    const text = scale[field];
    if (!text) return field !== "labelSelectorPath" && fieldErrors.required(path.child(field));
    if (!simplePath(text))
      return fieldErrors.invalid(path.child(field), text, "must be a simple json path starting with .");
    return (
      !roots.some((root) => text.startsWith(`${root}.`)) &&
      fieldErrors.invalid(path.child(field), text, `should be a json path under ${roots.join(" or ")}`)
    );
  };
  return [
    under("specReplicasPath", [".spec"]),
    under("statusReplicasPath", [".status"]),
    under("labelSelectorPath", [".spec", ".status"]),
  ];
}

const selectableMax = 8;
const selectableTypes = ["string", "boolean", "integer"];

export function validateSelectableFields(
  fields: V1SelectableField[] | undefined,
  schema: Structural | undefined,
  path: FieldPath,
): Finding {
  const seen = new Set<string>();
  return [
    (fields?.length ?? 0) > selectableMax && fieldErrors.tooMany(path, fields?.length ?? 0, selectableMax),
    each(fields, path, ({ jsonPath }, at) => {
      const field = at.child("jsonPath");
      if (!jsonPath) return fieldErrors.required(field);
      if (!simplePath(jsonPath))
        return fieldErrors.invalid(field, jsonPath, "is an invalid path: does not refer to a valid field");
      if (jsonPath.startsWith(".metadata."))
        return fieldErrors.invalid(field, jsonPath, "must not point to fields in metadata");
      if (seen.has(jsonPath)) return fieldErrors.duplicate(field, jsonPath);
      seen.add(jsonPath);
      const target = jsonPath
        .slice(1)
        .split(".")
        .reduce<Structural | undefined>((at, name) => at?.properties?.[name], schema);
      return (
        !selectableTypes.includes(target?.type ?? "") &&
        fieldErrors.invalid(
          field,
          jsonPath,
          "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed",
        )
      );
    }),
  ];
}
