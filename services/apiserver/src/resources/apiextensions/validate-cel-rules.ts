import { type FieldPath, fieldErrors } from "@drydock/apimachinery";
import {
  cardinalityMax,
  type DeclaredSize,
  declaredSize,
  estimateCel,
  formatType,
  isDyn,
  optionalType,
  schemaType,
} from "@drydock/cel";
import type { Structural, ValidationRule } from "../../custom-resources/schema/structural.ts";
import { each, type Finding } from "../meta/rules.ts";
import { type Cardinality, type RuleCosts, timesCapped } from "./rule-costs.ts";

const reasons = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];

/** Where a part of a schema stands: how often it may be in an object, and what all rules cost. */
export interface RuleScope {
  readonly isRoot: boolean;
  readonly cardinality: Cardinality;
  readonly costs: RuleCosts;
}

/** The x-kubernetes-validations of one part of a schema: they compile, yield what they must, and do not cost too much. */
export function validateCelRules(
  schema: Structural,
  path: FieldPath,
  { isRoot, cardinality, costs }: RuleScope,
): Finding {
  const rules = schema["x-kubernetes-validations"];
  if (!rules || rules.length === 0) return undefined;
  const visible = isRoot ? { ...schema, "x-kubernetes-embedded-resource": true } : schema;
  const size = declaredSize(visible) ?? { elementsMax: 0, bytesMin: 0 };
  const estimate = { size, cardinality: cardinality ?? cardinalityMax(size), costs };
  return each(rules, path.child("x-kubernetes-validations"), (rule, at) => validateRule(rule, visible, at, estimate));
}

interface Estimate {
  readonly size: DeclaredSize;
  readonly cardinality: number;
  readonly costs: RuleCosts;
}

function validateRule(rule: ValidationRule, schema: Structural, path: FieldPath, estimate: Estimate): Finding {
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
    validateExpression(rule.rule, { rule, schema, path: path.child("rule"), ...ruleExpression }, estimate),
    messageExpression?.trim() &&
      validateExpression(
        messageExpression,
        { rule, schema, path: path.child("messageExpression"), ...messageOfRule },
        { ...estimate, cardinality: 1 },
      ),
  ];
}

interface Wanted {
  readonly type: string;
  readonly why: string;
  /** As costs are told of. */
  readonly name: string;
  readonly prefix: string;
}

const ruleExpression: Wanted = {
  type: "bool",
  why: "cel expression must evaluate to a bool",
  name: "estimated rule cost",
  prefix: "",
};
const messageOfRule: Wanted = {
  type: "string",
  why: "messageExpression must evaluate to a string",
  name: "estimated messageExpression cost",
  prefix: "messageExpression ",
};

interface RuleText extends Wanted {
  readonly rule: ValidationRule;
  readonly schema: Structural;
  readonly path: FieldPath;
}

function validateExpression(text: string, wanted: RuleText, { size, cardinality, costs }: Estimate): Finding {
  const { rule, schema, path } = wanted;
  const self = schemaType(schema, "selfType");
  const oldSelf = rule.optionalOldSelf ? optionalType(self) : self;
  const estimated = estimateCel(text, { variables: { self, oldSelf } }, size);
  if (!estimated.ok)
    return fieldErrors.invalid(path, shown(rule), `${wanted.prefix}compilation failed: ${estimated.error}`);
  const { type, costMax } = estimated;
  if (!isDyn(type) && formatType(type) !== wanted.type) return fieldErrors.invalid(path, shown(rule), wanted.why);
  return costs.observe(path, wanted.name, timesCapped(costMax, cardinality));
}

/** A rule as upstream shows it: Go's own struct. */
function shown(rule: ValidationRule): object {
  const { message = "", messageExpression = "", reason = null, fieldPath = "", optionalOldSelf = null } = rule;
  return {
    Rule: rule.rule,
    Message: message,
    MessageExpression: messageExpression,
    Reason: reason,
    FieldPath: fieldPath,
    OptionalOldSelf: optionalOldSelf,
  };
}
