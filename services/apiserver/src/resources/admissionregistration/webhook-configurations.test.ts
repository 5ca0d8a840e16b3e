import { describeKind, type Row } from "../meta/kind-table.ts";
import { mutatingWebhookConfiguration, validatingWebhookConfiguration } from "./webhook-configurations.ts";

const rule = { operations: ["CREATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["pods"] };
const hook = {
  name: "pods.example.com",
  sideEffects: "None",
  admissionReviewVersions: ["v1"],
  clientConfig: { service: { namespace: "default", name: "hook" } },
  rules: [rule],
};
const url = (text: string, why: string): Row => [
  "webhooks.0.clientConfig",
  { url: text },
  `webhooks[0].clientConfig.url: ${why}; desired format: https://host[/path]`,
];
const resources = (list: string[], ...errors: string[]): Row => ["webhooks.0.rules.0.resources", list, ...errors];

const create: Row[] = [
  ["webhooks.0.name", "", "webhooks[0].name: Required value"],
  [
    "webhooks.0.name",
    "a.b",
    'webhooks[0].name: Invalid value: "a.b": should be a domain with at least three segments separated by dots',
  ],
  ["webhooks", [hook, hook], 'webhooks[1].name: Duplicate value: "pods.example.com"'],
  [
    "webhooks.0.sideEffects",
    undefined,
    "webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun",
  ],
  [
    "webhooks.0.sideEffects",
    "Some",
    'webhooks[0].sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"',
  ],
  [
    "webhooks.0.failurePolicy",
    "Maybe",
    'webhooks[0].failurePolicy: Unsupported value: "Maybe": supported values: "Fail", "Ignore"',
  ],
  [
    "webhooks.0.matchPolicy",
    "Maybe",
    'webhooks[0].matchPolicy: Unsupported value: "Maybe": supported values: "Equivalent", "Exact"',
  ],
  [
    "webhooks.0.timeoutSeconds",
    31,
    "webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds",
  ],
  [
    "webhooks.0.clientConfig",
    {},
    "webhooks[0].clientConfig: Required value: exactly one of url or service is required",
  ],
  ["webhooks.0.clientConfig", { url: "https://hook.example.com:8443/path" }],
  url("http://hook", "Invalid value: \"http\": 'https' is the only allowed URL scheme"),
  url("https:///path", 'Invalid value: "": host must be specified'),
  url("https://me@hook", 'Invalid value: "me": user information is not permitted in the URL'),
  url("https://hook/#a", 'Invalid value: "a": fragments are not permitted in the URL'),
  url("https://hook/?a=b", 'Invalid value: "a=b": query parameters are not permitted in the URL'),
  [
    "webhooks.0.clientConfig.service",
    { port: 0, path: "a" },
    "webhooks[0].clientConfig.service.name: Required value: service name is required",
    "webhooks[0].clientConfig.service.namespace: Required value: service namespace is required",
    "webhooks[0].clientConfig.service.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive",
    "webhooks[0].clientConfig.service.path: Invalid value: \"a\": must start with a '/'",
  ],
  [
    "webhooks.0.admissionReviewVersions",
    [],
    "webhooks[0].admissionReviewVersions: Required value: must specify one of v1, v1beta1",
  ],
  [
    "webhooks.0.admissionReviewVersions",
    ["v2"],
    'webhooks[0].admissionReviewVersions: Invalid value: ["v2"]: must include at least one of v1, v1beta1',
  ],
  [
    "webhooks.0.admissionReviewVersions",
    ["v1", "v1"],
    'webhooks[0].admissionReviewVersions[1]: Invalid value: "v1": duplicate version',
  ],
  ["webhooks.0.rules.0.operations", [], "webhooks[0].rules[0].operations: Required value"],
  [
    "webhooks.0.rules.0.operations",
    ["*", "CREATE"],
    'webhooks[0].rules[0].operations: Invalid value: ["*","CREATE"]: if \'*\' is present, must not specify other operations',
  ],
  [
    "webhooks.0.rules.0.operations",
    ["PATCH"],
    'webhooks[0].rules[0].operations[0]: Unsupported value: "PATCH": supported values: "*", "CONNECT", "CREATE", "DELETE", "UPDATE"',
  ],
  [
    "webhooks.0.rules.0.apiGroups",
    ["a", "*"],
    'webhooks[0].rules[0].apiGroups: Invalid value: ["a","*"]: if \'*\' is present, must not specify other API groups',
  ],
  ["webhooks.0.rules.0.apiVersions", [""], "webhooks[0].rules[0].apiVersions[0]: Required value"],
  [
    "webhooks.0.rules.0.scope",
    "All",
    'webhooks[0].rules[0].scope: Unsupported value: "All": supported values: "*", "Cluster", "Namespaced"',
  ],
  resources(["*", "pods/status"]),
  resources([], "webhooks[0].rules[0].resources: Required value"),
  resources(
    ["*/*", "a"],
    'webhooks[0].rules[0].resources: Invalid value: ["*/*","a"]: if \'*/*\' is present, must not specify other resources',
  ),
  resources(
    ["a/*", "a/b"],
    "webhooks[0].rules[0].resources[1]: Invalid value: \"a/b\": if 'a/*' is present, must not specify a/b",
  ),
  resources(
    ["*/b", "a/b"],
    "webhooks[0].rules[0].resources[1]: Invalid value: \"a/b\": if '*/b' is present, must not specify a/b",
  ),
  resources(
    ["*", "a"],
    'webhooks[0].rules[0].resources: Invalid value: ["*","a"]: if \'*\' is present, must not specify other resources without subresources',
  ),
  [
    "webhooks.0.matchConditions",
    [
      { name: "a b", expression: "true" },
      { name: "c", expression: " " },
      { name: "c", expression: "true" },
    ],
    "webhooks[0].matchConditions[0].name: Invalid value: \"a b\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
    "webhooks[0].matchConditions[1].expression: Required value",
    'webhooks[0].matchConditions[2].name: Duplicate value: "c"',
  ],
];

const created = {
  "webhooks.0.failurePolicy": "Fail",
  "webhooks.0.matchPolicy": "Equivalent",
  "webhooks.0.namespaceSelector": {},
  "webhooks.0.objectSelector": {},
  "webhooks.0.timeoutSeconds": 10,
  "webhooks.0.rules.0.scope": "*",
  "webhooks.0.clientConfig.service.port": 443,
};
const columns = "Name | Webhooks | Age";

describeKind(mutatingWebhookConfiguration, {
  valid: {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "MutatingWebhookConfiguration",
    metadata: { name: "m" },
    webhooks: [hook],
  },
  created: { ...created, "webhooks.0.reinvocationPolicy": "Never" },
  create: [
    ...create,
    [
      "webhooks.0.reinvocationPolicy",
      "Always",
      'webhooks[0].reinvocationPolicy: Unsupported value: "Always": supported values: "IfNeeded", "Never"',
    ],
  ],
  columns,
  cells: [[{}, 1, "60s"]],
});

describeKind(validatingWebhookConfiguration, {
  valid: {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingWebhookConfiguration",
    metadata: { name: "v" },
    webhooks: [hook],
  },
  created,
  create,
  columns,
  cells: [[{ webhooks: undefined }, 0, "60s"]],
});
