import { describeKind } from "../meta/kind-table.ts";
import { flowSchema } from "./flow-schema.ts";
import { priorityLevelConfiguration } from "./priority-level-configuration.ts";

const apiVersion = "flowcontrol.apiserver.k8s.io/v1";
const subjects = [{ kind: "Group", group: { name: "system:authenticated" } }];
const resourceRules = [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"], namespaces: ["*"] }];

describeKind(flowSchema, {
  valid: {
    apiVersion,
    kind: "FlowSchema",
    metadata: { name: "all" },
    spec: { priorityLevelConfiguration: { name: "low" }, rules: [{ subjects, resourceRules }] },
  },
  created: { "spec.matchingPrecedence": 1000 },
  create: [
    ["spec.matchingPrecedence", -1, "spec.matchingPrecedence: Invalid value: -1: must be a positive value"],
    ["spec.matchingPrecedence", 10001, "spec.matchingPrecedence: Invalid value: 10001: must not be greater than 10000"],
    [
      "spec.matchingPrecedence",
      1,
      "spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1",
    ],
    [
      "spec.priorityLevelConfiguration.name",
      "",
      "spec.priorityLevelConfiguration.name: Required value: must reference a priority level",
    ],
    [
      "spec.distinguisherMethod",
      { type: "ByIP" },
      'spec.distinguisherMethod.type: Unsupported value: "ByIP": supported values: "ByNamespace", "ByUser"',
    ],
    ["spec.rules.0.subjects", [], "spec.rules[0].subjects: Required value: subjects must contain at least one value"],
    [
      "spec.rules.0.subjects",
      [{ kind: "User", group: { name: "x" } }],
      "spec.rules[0].subjects[0].user: Required value: user is required when subject kind is 'User'",
    ],
    [
      "spec.rules.0.resourceRules.0.verbs",
      ["*", "get"],
      'spec.rules[0].resourceRules[0].verbs: Invalid value: ["*","get"]: if \'*\' is present, must not specify other verbs',
    ],
    [
      "spec.rules.0.nonResourceRules",
      [{ verbs: ["get"], nonResourceURLs: ["healthz", "/a*"] }],
      'spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: "healthz": must start with slash',
      'spec.rules[0].nonResourceRules[0].nonResourceURLs[1]: Invalid value: "/a*": wildcard can only do suffix matching',
    ],
  ],
  columns: "Name | PriorityLevel | MatchingPrecedence | DistinguisherMethod | Age | MissingPL",
  cells: [[{}, "low", 1000, "<none>", "60s", "?"]],
});

describeKind(priorityLevelConfiguration, {
  valid: {
    apiVersion,
    kind: "PriorityLevelConfiguration",
    metadata: { name: "low" },
    spec: { type: "Limited", limited: { limitResponse: { type: "Queue", queuing: {} } } },
  },
  created: {
    "spec.limited.nominalConcurrencyShares": 30,
    "spec.limited.lendablePercent": 0,
    "spec.limited.limitResponse.queuing": { handSize: 8, queues: 64, queueLengthLimit: 50 },
  },
  create: [
    ["spec.limited", undefined, "spec.limited: Required value: must not be empty when type is Limited"],
    [
      "spec.type",
      "Exempt",
      "spec.type: Invalid value: \"Exempt\": type must be 'Exempt' if and only if `name` is 'exempt'",
      "spec.limited: Forbidden: must be nil if the type is not Limited",
    ],
    [
      "spec.limited.limitResponse.queuing",
      { handSize: 9, queues: 8 },
      "spec.limited.limitResponse.queuing.handSize: Invalid value: 9: should not be greater than queues (8)",
    ],
    [
      "spec.limited.lendablePercent",
      101,
      "spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive",
    ],
  ],
  columns: "Name | Type | NominalConcurrencyShares | Queues | HandSize | QueueLengthLimit | Age",
  cells: [[{}, "Limited", "30", "64", "8", "50", "60s"]],
});
