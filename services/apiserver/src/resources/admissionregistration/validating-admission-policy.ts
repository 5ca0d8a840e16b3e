import { type FieldError, FieldPath, fieldErrors, isQualifiedName } from "@drydock/apimachinery";
import type { V1ValidatingAdmissionPolicy, V1Validation } from "@drydock/kube-api";
import type { Scope } from "../../admission/expressions/environment.ts";
import { bool, string, stringOrNull } from "../../admission/expressions/expression.ts";
import { compileVariables } from "../../admission/expressions/variables.ts";
import { validateConditions } from "../meta/condition-rules.ts";
import { column, defineKind, generationFromSpec, separateStatus } from "../meta/define-kind.ts";
import { duplicates, each, type Finding, findings, invalidTexts, optionalOneOf, requiredOneOf } from "../meta/rules.ts";
import { paramKindText, validateParamKind } from "./policy-rules.ts";
import { isBlank, validateExpression, validateMatchConditions, validateVariables } from "./validate-expressions.ts";
import { FAILURE_POLICIES, setMatchDefaults, validateMatchConstraints } from "./validate-rules.ts";

const SPEC = FieldPath.of("spec");
const REASONS = ["Forbidden", "Invalid", "RequestEntityTooLarge"];
const ANNOTATIONS_MAX = 20;
const ANNOTATION_EXPRESSION_BYTES_MAX = 5 * 1024;

export const validatingAdmissionPolicy = defineKind<V1ValidatingAdmissionPolicy>({
  group: "admissionregistration.k8s.io",
  kind: "ValidatingAdmissionPolicy",
  resource: "validatingadmissionpolicies",
  categories: ["api-extensions"],
  isNamespaced: false,
  schema: "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicy",
  strategy: {
    ...generationFromSpec,
    ...separateStatus.main,
    setDefaults({ spec }) {
      if (!spec) return;
      spec.failurePolicy ??= "Fail";
      setMatchDefaults(spec.matchConstraints);
    },
    prepareForCreate(object) {
      object.status = {};
    },
    validate,
    validateUpdate: validate,
  },
  columns: [
    column("Validations", ({ spec }) => spec?.validations?.length ?? 0, { type: "integer" }),
    column("ParamKind", ({ spec }) => paramKindText(spec?.paramKind)),
  ],
  subresources: {
    status: { ...separateStatus.statusAlone, validateUpdate: validateStatus },
  },
});

function validate({ metadata, spec = {} }: V1ValidatingAdmissionPolicy): FieldError[] {
  const { validations = [], auditAnnotations = [] } = spec;
  const none = "validations or auditAnnotations must contain at least one item";
  const annotationsPath = SPEC.child("auditAnnotations");
  const base: Scope = { hasParams: spec.paramKind !== undefined, hasAuthorizer: true };
  const variables = compileVariables(spec.variables, base);
  const scope = { ...base, variables: variables.type };
  return findings(
    requiredOneOf(SPEC.child("failurePolicy"), spec.failurePolicy, FAILURE_POLICIES),
    spec.paramKind && validateParamKind(spec.paramKind, SPEC.child("paramKind")),
    validateMatchConstraints(spec.matchConstraints, SPEC.child("matchConstraints")),
    validateMatchConditions(spec.matchConditions, SPEC.child("matchConditions"), base),
    validateVariables(spec.variables, SPEC.child("variables"), variables),
    validations.length === 0 &&
      auditAnnotations.length === 0 && [
        fieldErrors.required(SPEC.child("validations"), none),
        fieldErrors.required(annotationsPath, none),
      ],
    each(validations, SPEC.child("validations"), (validation, path) => validateValidation(validation, path, scope)),
    auditAnnotations.length > ANNOTATIONS_MAX &&
      fieldErrors.invalid(
        annotationsPath,
        auditAnnotations,
        `must not have more than ${ANNOTATIONS_MAX} auditAnnotations`,
      ),
    each(auditAnnotations, annotationsPath, ({ key, valueExpression }, path) => [
      invalidTexts(path.child("key"), `${metadata.name}/${key}`, isQualifiedName(`${metadata.name}/${key}`)),
      isBlank(valueExpression)
        ? fieldErrors.required(path.child("valueExpression"), "valueExpression is not specified")
        : valueExpression.trim().length > ANNOTATION_EXPRESSION_BYTES_MAX &&
          fieldErrors.required(
            path.child("valueExpression"),
            `must not exceed ${ANNOTATION_EXPRESSION_BYTES_MAX} bytes in length`,
          ),
      !isBlank(valueExpression) &&
        validateExpression(valueExpression, path.child("valueExpression"), scope, stringOrNull),
    ]),
    duplicates(
      auditAnnotations,
      (index) => annotationsPath.index(index).child("key"),
      ({ key }) => key,
    ),
  );
}

function validateValidation(validation: V1Validation, path: FieldPath, scope: Scope): Finding {
  const { expression, message = "", messageExpression = "", reason } = validation;
  return [
    isBlank(expression)
      ? fieldErrors.required(path.child("expression"), "expression is not specified")
      : validateExpression(expression, path.child("expression"), scope, bool),
    messageExpression !== "" &&
      (isBlank(messageExpression)
        ? fieldErrors.invalid(path.child("messageExpression"), messageExpression, "must be non-empty if specified")
        : validateExpression(
            messageExpression,
            path.child("messageExpression"),
            { ...scope, hasAuthorizer: false },
            string,
          )),
    message !== "" && isBlank(message)
      ? fieldErrors.invalid(path.child("message"), message, "message must be non-empty if specified")
      : /[\n\r]/.test(message.trim()) &&
        fieldErrors.invalid(path.child("message"), message, "message must not contain line breaks"),
    optionalOneOf(path.child("reason"), reason, REASONS),
  ];
}

function validateStatus({ status }: V1ValidatingAdmissionPolicy): FieldError[] {
  const path = FieldPath.of("status");
  return findings(
    each(
      status?.typeChecking?.expressionWarnings,
      path.child("typeChecking", "expressionWarnings"),
      ({ warning, fieldRef }, at) => [
        !warning && fieldErrors.required(at.child("warning")),
        isBlank(fieldRef) && fieldErrors.required(at.child("fieldRef")),
      ],
    ),
    validateConditions(status?.conditions, path.child("conditions")),
  );
}
