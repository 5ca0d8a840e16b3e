import { type FieldError, FieldPath, fieldErrors } from "@drydock/apimachinery";
import type { V1MutatingAdmissionPolicyBinding, V1ValidatingAdmissionPolicyBinding } from "@drydock/kube-api";
import { column, defineKind, generationFromSpec } from "../meta/define-kind.ts";
import { each, type Finding, findings, optionalOneOf } from "../meta/rules.ts";
import { validateMutatingOperations } from "./mutating-admission-policy.ts";
import { paramRefText, validateParamRef, validatePolicyName } from "./policy-rules.ts";
import { setMatchDefaults, validateMatchResources } from "./validate-rules.ts";

const SPEC = FieldPath.of("spec");
const ACTIONS = ["Audit", "Deny", "Warn"];

export const validatingAdmissionPolicyBinding = defineKind<V1ValidatingAdmissionPolicyBinding>({
  group: "admissionregistration.k8s.io",
  kind: "ValidatingAdmissionPolicyBinding",
  resource: "validatingadmissionpolicybindings",
  categories: ["api-extensions"],
  isNamespaced: false,
  schema: "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBinding",
  strategy: {
    ...generationFromSpec,
    setDefaults: ({ spec }) => setMatchDefaults(spec?.matchResources),
    validate: validateValidating,
    validateUpdate: validateValidating,
  },
  columns: [
    column("PolicyName", ({ spec }) => spec?.policyName ?? ""),
    column("ParamRef", ({ spec }) => paramRefText(spec?.paramRef)),
  ],
});

export const mutatingAdmissionPolicyBinding = defineKind<V1MutatingAdmissionPolicyBinding>({
  group: "admissionregistration.k8s.io",
  kind: "MutatingAdmissionPolicyBinding",
  resource: "mutatingadmissionpolicybindings",
  categories: ["api-extensions"],
  isNamespaced: false,
  schema: "io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBinding",
  strategy: {
    ...generationFromSpec,
    setDefaults: ({ spec }) => setMatchDefaults(spec?.matchResources),
    validate: validateMutating,
    validateUpdate: validateMutating,
  },
  columns: [
    column("PolicyName", ({ spec }) => spec?.policyName ?? ""),
    column("ParamRef", ({ spec }) => paramRefText(spec?.paramRef)),
  ],
});

function validateValidating({ spec }: V1ValidatingAdmissionPolicyBinding): FieldError[] {
  return findings(
    validateBinding(spec),
    validateActions(spec?.validationActions ?? [], SPEC.child("validationActions")),
  );
}

function validateMutating({ spec }: V1MutatingAdmissionPolicyBinding): FieldError[] {
  return findings(
    validateBinding(spec),
    validateMutatingOperations(spec?.matchResources, SPEC.child("matchResources")),
  );
}

function validateBinding(spec: V1MutatingAdmissionPolicyBinding["spec"] | undefined): Finding {
  return [
    validatePolicyName(spec?.policyName, SPEC.child("policyName")),
    validateParamRef(spec?.paramRef, SPEC.child("paramRef")),
    validateMatchResources(spec?.matchResources, SPEC.child("matchResources")),
  ];
}

function validateActions(actions: readonly string[], path: FieldPath): Finding {
  return [
    each(actions, path, (action, at, index) => [
      optionalOneOf(at, action, ACTIONS),
      actions.indexOf(action) < index && fieldErrors.duplicate(at, action),
    ]),
    actions.includes("Deny") &&
      actions.includes("Warn") &&
      fieldErrors.invalid(
        path,
        actions,
        "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)",
      ),
    actions.length === 0 && fieldErrors.required(path, "at least one validation action is required"),
  ];
}
