import { describeKind } from "../meta/kind-table.ts";
import { mutatingAdmissionPolicy } from "./mutating-admission-policy.ts";
import { mutatingAdmissionPolicyBinding, validatingAdmissionPolicyBinding } from "./policy-bindings.ts";
import { validatingAdmissionPolicy } from "./validating-admission-policy.ts";

const apiVersion = "admissionregistration.k8s.io/v1";
const matchConstraints = {
  resourceRules: [{ operations: ["CREATE"], apiGroups: ["apps"], apiVersions: ["v1"], resources: ["deployments"] }],
};
const matchDefaults = {
  "spec.failurePolicy": "Fail",
  "spec.matchConstraints.matchPolicy": "Equivalent",
  "spec.matchConstraints.namespaceSelector": {},
  "spec.matchConstraints.objectSelector": {},
  "spec.matchConstraints.resourceRules.0.scope": "*",
};

describeKind(validatingAdmissionPolicy, {
  valid: {
    apiVersion,
    kind: "ValidatingAdmissionPolicy",
    metadata: { name: "replicas" },
    spec: { matchConstraints, validations: [{ expression: "object.spec.replicas <= 5" }] },
  },
  created: { ...matchDefaults, status: {} },
  create: [
    ["spec.failurePolicy", "", "spec.failurePolicy: Required value"],
    ["spec.matchConstraints", undefined, "spec.matchConstraints: Required value"],
    ["spec.matchConstraints.resourceRules", [], "spec.matchConstraints.resourceRules: Required value"],
    [
      "spec.matchConstraints.resourceRules.0.resourceNames",
      ["a/b", "c", "c"],
      "spec.matchConstraints.resourceRules[0].resourceNames[0]: Invalid value: \"a/b\": may not contain '/'",
      'spec.matchConstraints.resourceRules[0].resourceNames[2]: Duplicate value: "c"',
    ],
    ["spec.paramKind", { apiVersion: "v1", kind: "ConfigMap" }],
    [
      "spec.paramKind",
      { apiVersion: "a/b/c" },
      'spec.paramKind.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
      "spec.paramKind.kind: Required value",
    ],
    [
      "spec.validations",
      [],
      "spec.validations: Required value: validations or auditAnnotations must contain at least one item",
      "spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item",
    ],
    [
      "spec.validations.0",
      { expression: " ", message: "a\nb", messageExpression: " ", reason: "Other" },
      "spec.validations[0].expression: Required value: expression is not specified",
      'spec.validations[0].messageExpression: Invalid value: " ": must be non-empty if specified',
      'spec.validations[0].message: Invalid value: "a\\nb": message must not contain line breaks',
      'spec.validations[0].reason: Unsupported value: "Other": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge"',
    ],
    [
      "spec.variables",
      [{ name: "if", expression: "" }],
      'spec.variables[0].name: Invalid value: "if": name is not a valid CEL identifier',
      "spec.variables[0].expression: Required value: expression is not specified",
    ],
    [
      "spec.auditAnnotations",
      [
        { key: "a", valueExpression: "'x'" },
        { key: "a", valueExpression: "" },
      ],
      "spec.auditAnnotations[1].valueExpression: Required value: valueExpression is not specified",
      'spec.auditAnnotations[1].key: Duplicate value: "a"',
    ],
  ],
  status: [
    [
      "status.typeChecking",
      { expressionWarnings: [{}] },
      "status.typeChecking.expressionWarnings[0].warning: Required value",
      "status.typeChecking.expressionWarnings[0].fieldRef: Required value",
    ],
  ],
  columns: "Name | Validations | ParamKind | Age",
  cells: [
    [{}, 1, "<unset>", "60s"],
    [{ "spec.paramKind": { apiVersion: "v1", kind: "ConfigMap" } }, 1, "v1/ConfigMap"],
  ],
});

describeKind(mutatingAdmissionPolicy, {
  valid: {
    apiVersion,
    kind: "MutatingAdmissionPolicy",
    metadata: { name: "label" },
    spec: {
      matchConstraints,
      reinvocationPolicy: "Never",
      mutations: [{ patchType: "JSONPatch", jsonPatch: { expression: '[JSONPatch{op: "remove", path: "/a"}]' } }],
    },
  },
  created: matchDefaults,
  create: [
    ["spec.reinvocationPolicy", undefined, "spec.reinvocationPolicy: Required value"],
    ["spec.mutations", [], "spec.mutations: Required value: mutations must contain at least one item"],
    [
      "spec.mutations.0.patchType",
      "Other",
      'spec.mutations[0].patchType: Unsupported value: "Other": supported values: "ApplyConfiguration", "JSONPatch"',
    ],
    [
      "spec.mutations.0.patchType",
      "ApplyConfiguration",
      "spec.mutations[0].applyConfiguration: Required value: must be specified when patchType is ApplyConfiguration",
      'spec.mutations[0].jsonPatch: Invalid value: "{jsonPatch}": must not be specified when patchType is ApplyConfiguration',
    ],
    ["spec.mutations.0.jsonPatch.expression", "", "spec.mutations[0].jsonPatch.expression: Required value"],
    [
      "spec.matchConstraints.resourceRules.0.operations",
      ["DELETE"],
      'spec.matchConstraints.resourceRules.operations: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE"',
    ],
  ],
  columns: "Name | Mutations | ParamKind | Age",
  cells: [[{}, 1, "<unset>", "60s"]],
});

describeKind(validatingAdmissionPolicyBinding, {
  valid: {
    apiVersion,
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: { name: "b" },
    spec: { policyName: "replicas", validationActions: ["Deny"] },
  },
  create: [
    ["spec.policyName", "", "spec.policyName: Required value"],
    [
      "spec.validationActions",
      [],
      "spec.validationActions: Required value: at least one validation action is required",
    ],
    [
      "spec.validationActions",
      ["Deny", "Warn"],
      'spec.validationActions: Invalid value: ["Deny","Warn"]: must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
    ],
    [
      "spec.validationActions",
      ["Audit", "Audit", "Tell"],
      'spec.validationActions[1]: Duplicate value: "Audit"',
      'spec.validationActions[2]: Unsupported value: "Tell": supported values: "Audit", "Deny", "Warn"',
    ],
    [
      "spec.paramRef",
      { name: "a", selector: {} },
      "spec.paramRef.name: Forbidden: name and selector are mutually exclusive",
      "spec.paramRef.selector: Forbidden: name and selector are mutually exclusive",
      "spec.paramRef.parameterNotFoundAction: Required value",
    ],
    [
      "spec.paramRef",
      { parameterNotFoundAction: "Other" },
      "spec.paramRef: Required value: one of name or selector must be specified",
      'spec.paramRef.parameterNotFoundAction: Unsupported value: "Other": supported values: "Deny", "Allow"',
    ],
  ],
  columns: "Name | PolicyName | ParamRef | Age",
  cells: [
    [{}, "replicas", "<unset>", "60s"],
    [{ "spec.paramRef": { name: "a", namespace: "b" } }, "replicas", "b/a"],
  ],
});

describeKind(mutatingAdmissionPolicyBinding, {
  valid: { apiVersion, kind: "MutatingAdmissionPolicyBinding", metadata: { name: "b" }, spec: { policyName: "label" } },
  create: [
    [
      "spec.policyName",
      "A",
      "spec.policyName: Invalid value: \"A\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    ],
  ],
  columns: "Name | PolicyName | ParamRef | Age",
});
