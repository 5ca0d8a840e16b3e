import { type FieldError, type FieldPath, fieldErrors, isQualifiedName } from "@drydock/apimachinery";
import type { V1MatchCondition, V1Variable } from "@drydock/kube-api";
import { duplicates, each, findings, invalidTexts, tooMany } from "../meta/rules.ts";

const CONDITIONS_MAX = 64;
const RESERVED = new Set(
  "true false null in as break const continue else for function if import let loop package namespace return var void while".split(
    " ",
  ),
);

export function isBlank(text: string | undefined): boolean {
  return (text ?? "").trim() === "";
}

/** The conditions under which a webhook or policy is asked at all; what their expressions mean is checked elsewhere. */
export function validateMatchConditions(
  conditions: readonly V1MatchCondition[] | undefined,
  path: FieldPath,
): FieldError[] {
  return findings(
    tooMany(conditions, path, CONDITIONS_MAX),
    each(conditions, path, ({ name, expression }, at) => [
      isBlank(expression) && fieldErrors.required(at.child("expression")),
      name ? invalidTexts(at.child("name"), name, isQualifiedName(name)) : fieldErrors.required(at.child("name")),
    ]),
    duplicates(
      conditions,
      (index) => path.index(index).child("name"),
      ({ name }) => name,
    ),
  );
}

export function validateVariables(variables: readonly V1Variable[] | undefined, path: FieldPath): FieldError[] {
  return each(variables, path, ({ name, expression }, at) => [
    isBlank(name)
      ? fieldErrors.required(at.child("name"), "name is not specified")
      : !isCelIdentifier(name) && fieldErrors.invalid(at.child("name"), name, "name is not a valid CEL identifier"),
    isBlank(expression) && fieldErrors.required(at.child("expression"), "expression is not specified"),
  ]);
}

function isCelIdentifier(name: string): boolean {
  return /^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name) && !RESERVED.has(name);
}
