import { type FieldPath, fieldErrors } from "@drydock/apimachinery";
import { compileCel, formatType, isDyn, optionalType, schemaType } from "@drydock/cel";
import type { Structural, ValidationRule } from "../../custom-resources/schema/structural.ts";
import { each, type Finding } from "../meta/rules.ts";

const reasons = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];

/** The x-kubernetes-validations of one part of a schema: they compile, and yield what they must. */
export function validateCelRules(schema: Structural, path: FieldPath, isRoot: boolean): Finding {
  const visible = isRoot ? { ...schema, "x-kubernetes-embedded-resource": true } : schema;
  return each(schema["x-kubernetes-validations"], path.child("x-kubernetes-validations"), (rule, at) =>
    validateRule(rule, visible, at),
  );
}

function validateRule(rule: ValidationRule, schema: Structural, path: FieldPath): Finding {
  const text = rule.rule?.trim() ?? "";
  if (text === "") return fieldErrors.required(path.child("rule"), "rule is not specified");
  const { message, messageExpression, reason } = rule;
  const isBlank = message !== undefined && message !== "" && message.trim() === "";
  return [
    isBlank && fieldErrors.invalid(path.child("message"), message, "message must be non-empty if specified"),
    /[\n\r]/.test(message ?? "") &&
      fieldErrors.invalid(path.child("message"), message, "message must not contain line breaks"),
    /[\n\r]/.test(text) &&
      !message?.trim() &&
      fieldErrors.required(path.child("message"), "message must be specified if rule contains line breaks"),
    messageExpression !== undefined &&
      messageExpression !== "" &&
      messageExpression.trim() === "" &&
      fieldErrors.required(path.child("messageExpression"), "messageExpression must be non-empty if specified"),
    reason !== undefined &&
      !reasons.includes(reason) &&
      fieldErrors.notSupported(path.child("reason"), reason, reasons),
    rule.optionalOldSelf &&
      !/\boldSelf\b/.test(text) &&
      fieldErrors.invalid(path.child("optionalOldSelf"), true, "may not be set if oldSelf is not used in rule"),
    validateExpression(text, rule, schema, "bool", path.child("rule"), "cel expression must evaluate to a bool"),
    messageExpression?.trim() &&
      validateExpression(
        messageExpression,
        rule,
        schema,
        "string",
        path.child("messageExpression"),
        "messageExpression must evaluate to a string",
      ),
  ];
}

function validateExpression(
  text: string,
  rule: ValidationRule,
  schema: Structural,
  wanted: string,
  path: FieldPath,
  why: string,
): Finding {
  const self = schemaType(schema, "selfType");
  const oldSelf = rule.optionalOldSelf ? optionalType(self) : self;
  const compiled = compileCel(text, { variables: { self, oldSelf } });
  if (!compiled.ok) return fieldErrors.invalid(path, rule, `compilation failed: ${compiled.error}`);
  const { type } = compiled.program;
  return !isDyn(type) && formatType(type) !== wanted && fieldErrors.invalid(path, rule, why);
}
