import { type FieldError, FieldPath, fieldErrors } from "@drydock/apimachinery";
import type { V1MatchResources, V1MutatingAdmissionPolicy, V1Mutation } from "@drydock/kube-api";
import type { Scope } from "../../admission/expressions/environment.ts";
import { appliedObject, jsonPatches } from "../../admission/expressions/expression.ts";
import { compileVariables } from "../../admission/expressions/variables.ts";
import { column, defineKind, generationFromSpec } from "../meta/define-kind.ts";
import { each, type Finding, findings, optionalOneOf, requiredOneOf } from "../meta/rules.ts";
import { paramKindText, validateParamKind } from "./policy-rules.ts";
import { isBlank, validateExpression, validateMatchConditions, validateVariables } from "./validate-expressions.ts";
import { FAILURE_POLICIES, setMatchDefaults, validateMatchConstraints } from "./validate-rules.ts";

const SPEC = FieldPath.of("spec");
const REINVOCATION_POLICIES = ["IfNeeded", "Never"];
/** What is deleted cannot be changed. */
const OPERATIONS = ["*", "CONNECT", "CREATE", "UPDATE"];

export const mutatingAdmissionPolicy = defineKind<V1MutatingAdmissionPolicy>({
  group: "admissionregistration.k8s.io",
  kind: "MutatingAdmissionPolicy",
  resource: "mutatingadmissionpolicies",
  categories: ["api-extensions"],
  isNamespaced: false,
  schema: "io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicy",
  strategy: {
    ...generationFromSpec,
    setDefaults({ spec }) {
      if (!spec) return;
      spec.failurePolicy ??= "Fail";
      setMatchDefaults(spec.matchConstraints);
    },
    validate,
    validateUpdate: validate,
  },
  columns: [
    column("Mutations", ({ spec }) => spec?.mutations?.length ?? 0, { type: "integer" }),
    column("ParamKind", ({ spec }) => paramKindText(spec?.paramKind)),
  ],
});

function validate({ spec = {} }: V1MutatingAdmissionPolicy): FieldError[] {
  const base: Scope = { hasParams: spec.paramKind !== undefined, hasAuthorizer: true };
  const patching = { ...base, hasPatchTypes: true };
  const variables = compileVariables(spec.variables, patching);
  const scope = { ...patching, variables: variables.type };
  return findings(
    requiredOneOf(SPEC.child("failurePolicy"), spec.failurePolicy, FAILURE_POLICIES),
    spec.paramKind && validateParamKind(spec.paramKind, SPEC.child("paramKind")),
    validateMatchConstraints(spec.matchConstraints, SPEC.child("matchConstraints")),
    validateMutatingOperations(spec.matchConstraints, SPEC.child("matchConstraints")),
    validateMatchConditions(spec.matchConditions, SPEC.child("matchConditions"), base),
    validateVariables(spec.variables, SPEC.child("variables"), variables),
    (spec.mutations ?? []).length === 0 &&
      fieldErrors.required(SPEC.child("mutations"), "mutations must contain at least one item"),
    each(spec.mutations, SPEC.child("mutations"), (mutation, path) => validateMutation(mutation, path, scope)),
    requiredOneOf(SPEC.child("reinvocationPolicy"), spec.reinvocationPolicy, REINVOCATION_POLICIES),
  );
}

export function validateMutatingOperations(match: V1MatchResources | undefined, path: FieldPath): FieldError[] {
  return (match?.resourceRules ?? []).flatMap(({ operations }) =>
    (operations ?? []).flatMap((operation) =>
      optionalOneOf(path.child("resourceRules", "operations"), operation, OPERATIONS),
    ),
  );
}

const FIELDS = { ApplyConfiguration: "applyConfiguration", JSONPatch: "jsonPatch" } as const;

function validateMutation(mutation: V1Mutation, path: FieldPath, scope: Scope): Finding {
  const { patchType } = mutation;
  if (!patchType) return fieldErrors.required(path.child("patchType"));
  if (patchType !== "ApplyConfiguration" && patchType !== "JSONPatch")
    return fieldErrors.notSupported(path.child("patchType"), patchType, Object.keys(FIELDS));
  const own = FIELDS[patchType];
  const other = own === "jsonPatch" ? "applyConfiguration" : "jsonPatch";
  return [
    mutation[own]
      ? isBlank(mutation[own].expression)
        ? fieldErrors.required(path.child(own, "expression"))
        : validateExpression(
            mutation[own].expression ?? "",
            path.child(own, "expression"),
            scope,
            own === "jsonPatch" ? jsonPatches : appliedObject,
          )
      : fieldErrors.required(path.child(own), `must be specified when patchType is ${patchType}`),
    mutation[other] &&
      fieldErrors.invalid(path.child(other), `{${other}}`, `must not be specified when patchType is ${patchType}`),
  ];
}
