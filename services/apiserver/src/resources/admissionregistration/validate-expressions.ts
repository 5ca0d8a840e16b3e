import { type FieldError, type FieldPath, fieldErrors, isQualifiedName } from "@drydock/apimachinery";
import type { V1MatchCondition, V1Variable } from "@drydock/kube-api";
import type { Scope } from "../../admission/expressions/environment.ts";
import { bool, compileExpression, type Expression, type Returns } from "../../admission/expressions/expression.ts";
import type { Variables } from "../../admission/expressions/variables.ts";
import { duplicates, each, type Finding, findings, invalidTexts, tooMany } from "../meta/rules.ts";

const CONDITIONS_MAX = 64;
const RESERVED = new Set(
  "true false null in as break const continue else for function if import let loop package namespace return var void while".split(
    " ",
  ),
);

export function isBlank(text: string | undefined): boolean {
  return (text ?? "").trim() === "";
}

/** An expression compiles, and yields what it must. */
export function validateExpression(text: string, path: FieldPath, scope: Scope, returns?: Returns): Finding {
  const { error } = compileExpression(text, scope, returns);
  return error !== "" && fieldErrors.invalid(path, text.trim(), error);
}

/** The conditions under which a webhook or policy is asked at all. */
export function validateMatchConditions(
  conditions: readonly V1MatchCondition[] | undefined,
  path: FieldPath,
  scope: Scope,
): FieldError[] {
  return findings(
    tooMany(conditions, path, CONDITIONS_MAX),
    each(conditions, path, ({ name, expression }, at) => [
      isBlank(expression)
        ? fieldErrors.required(at.child("expression"))
        : validateExpression(expression, at.child("expression"), scope, bool),
      name ? invalidTexts(at.child("name"), name, isQualifiedName(name)) : fieldErrors.required(at.child("name")),
    ]),
    duplicates(
      conditions,
      (index) => path.index(index).child("name"),
      ({ name }) => name,
    ),
  );
}

export function validateVariables(
  variables: readonly V1Variable[] | undefined,
  path: FieldPath,
  { expressions }: Variables,
): FieldError[] {
  return each(variables, path, ({ name, expression }, at) => [
    isBlank(name)
      ? fieldErrors.required(at.child("name"), "name is not specified")
      : !isCelIdentifier(name) && fieldErrors.invalid(at.child("name"), name, "name is not a valid CEL identifier"),
    isBlank(expression)
      ? fieldErrors.required(at.child("expression"), "expression is not specified")
      : compilesTo(expressions.get(name), at.child("expression")),
  ]);
}

function compilesTo(compiled: Expression | undefined, path: FieldPath): Finding {
  return compiled && compiled.error !== "" && fieldErrors.invalid(path, compiled.text, compiled.error);
}

function isCelIdentifier(name: string): boolean {
  return /^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name) && !RESERVED.has(name);
}
