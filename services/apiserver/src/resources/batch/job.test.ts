import { describeKind } from "../meta/kind-table.ts";
import { job } from "./job.ts";

const uid = "11111111-2222-3333-4444-555555555555";
const template = {
  spec: { restartPolicy: "Never", containers: [{ name: "main", image: "busybox:1.36" }] },
};
const ranges = (text: string) => ({ rules: [{ succeededIndexes: text }] });
const indexed = { completionMode: "Indexed", completions: 5, parallelism: 2, template };

describeKind(job, {
  valid: { apiVersion: "batch/v1", kind: "Job", metadata: { name: "pi", namespace: "default" }, spec: { template } },
  created: {
    "spec.completions": 1,
    "spec.parallelism": 1,
    "spec.backoffLimit": 6,
    "spec.completionMode": "NonIndexed",
    "spec.suspend": false,
    "spec.podReplacementPolicy": "TerminatingOrFailed",
    "spec.manualSelector": false,
    "spec.selector": { matchLabels: { "batch.kubernetes.io/controller-uid": uid } },
    "spec.template.metadata.labels": {
      "controller-uid": uid,
      "batch.kubernetes.io/controller-uid": uid,
      "job-name": "pi",
      "batch.kubernetes.io/job-name": "pi",
    },
    status: {},
  },
  create: [
    ["spec.parallelism", -1, "spec.parallelism: Invalid value: -1: must be greater than or equal to 0"],
    ["spec.completions", -1, "spec.completions: Invalid value: -1: must be greater than or equal to 0"],
    [
      "spec.activeDeadlineSeconds",
      -1,
      "spec.activeDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0",
    ],
    ["spec.backoffLimit", -1, "spec.backoffLimit: Invalid value: -1: must be greater than or equal to 0"],
    [
      "spec.ttlSecondsAfterFinished",
      -1,
      "spec.ttlSecondsAfterFinished: Invalid value: -1: must be greater than or equal to 0",
    ],
    ["spec.backoffLimitPerIndex", 1, "spec.backoffLimitPerIndex: Invalid value: 1: requires indexed job"],
    ["spec.maxFailedIndexes", 1, "spec.maxFailedIndexes: Invalid value: 1: requires indexed job"],
    [
      "spec.managedBy",
      "me",
      'spec.managedBy: Invalid value: "me": must be a domain-prefixed path (such as "acme.io/foo")',
    ],
    [
      "spec.completionMode",
      "Other",
      'spec.completionMode: Unsupported value: "Other": supported values: "NonIndexed", "Indexed"',
    ],
    [
      "spec",
      { ...indexed, completions: undefined },
      "spec.completions: Required value: when completion mode is Indexed",
    ],
    [
      "spec",
      { ...indexed, maxFailedIndexes: 6 },
      "spec.maxFailedIndexes: Invalid value: 6: must be less than or equal to completions",
      "spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified",
    ],
    ["spec", { ...indexed, successPolicy: ranges("0,2-4") }],
    [
      "spec",
      { ...indexed, successPolicy: ranges("0,2-5") },
      'spec.successPolicy.rules[0].succeededIndexes: Invalid value: "0,2-5": error parsing succeededIndexes: too large index: "5"',
    ],
    [
      "spec",
      { ...indexed, successPolicy: ranges("2,1") },
      'spec.successPolicy.rules[0].succeededIndexes: Invalid value: "2,1": error parsing succeededIndexes: non-increasing order, previous: 2, current: 1',
    ],
    [
      "spec.successPolicy",
      { rules: [{}] },
      "spec.successPolicy: Invalid value: requires indexed completion mode",
      "spec.successPolicy.rules[0]: Required value: at least one of succeededCount or succeededIndexes must be specified",
    ],
    [
      "spec.podFailurePolicy",
      { rules: [{ action: "FailJob" }] },
      "spec.podFailurePolicy.rules[0]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required",
    ],
    [
      "spec.podFailurePolicy",
      { rules: [{ action: "Other", onExitCodes: { operator: "In", containerName: "x", values: [0, 3, 3, 1] } }] },
      'spec.podFailurePolicy.rules[0].action: Unsupported value: "Other": supported values: "Count", "FailIndex", "FailJob", "Ignore"',
      'spec.podFailurePolicy.rules[0].onExitCodes.containerName: Invalid value: "x": must be one of the container or initContainer names in the pod template',
      "spec.podFailurePolicy.rules[0].onExitCodes.values[0]: Invalid value: 0: must not be 0 for the In operator",
      "spec.podFailurePolicy.rules[0].onExitCodes.values[2]: Duplicate value: 3",
      "spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: [0,3,3,1]: must be ordered",
    ],
    [
      "spec.podReplacementPolicy",
      "Never",
      'spec.podReplacementPolicy: Unsupported value: "Never": supported values: "Failed", "TerminatingOrFailed"',
    ],
    [
      "spec.template.spec.restartPolicy",
      undefined,
      'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
    ],
    [
      "spec.template.metadata.labels",
      { "job-name": "other" },
      `spec.template.metadata.labels[job-name]: Invalid value: {"job-name":"other","controller-uid":"${uid}","batch.kubernetes.io/controller-uid":"${uid}","batch.kubernetes.io/job-name":"pi"}: must be 'pi'`,
    ],
    ["spec.manualSelector", true, "spec.selector: Required value"],
  ],
  update: [
    ["spec.parallelism", 3],
    ["spec.suspend", true],
    ["spec.completions", 2, "spec.completions: Invalid value: 2: field is immutable"],
    ["spec.completionMode", "Indexed", 'spec.completionMode: Invalid value: "Indexed": field is immutable'],
    ["spec.managedBy", "acme.io/me", 'spec.managedBy: Invalid value: "acme.io/me": field is immutable'],
  ],
  status: [
    ["status.active", -1, "status.active: Invalid value: -1: must be greater than or equal to 0"],
    [
      "status.conditions",
      [
        { type: "Complete", status: "True" },
        { type: "Failed", status: "True" },
      ],
      "status.conditions: Invalid value: cannot set Complete=True and Failed=true conditions",
      "status.completionTime: Required value: completionTime is required for Complete jobs",
      "status.conditions: Invalid value: cannot set Failed=True condition without the FailureTarget=true condition",
      "status.conditions: Invalid value: cannot set Complete=True condition without the SuccessCriteriaMet=true condition",
      "status.startTime: Required value: startTime is required for finished job",
    ],
    ["status.ready", 1, "status.ready: Invalid value: 1: cannot set more ready pods than active"],
    [
      "status.completedIndexes",
      "0,5",
      'status.completedIndexes: Invalid value: "0,5": error parsing completedIndexes: too large index: "5"',
      'status.completedIndexes: Invalid value: "0,5": cannot set non-empty completedIndexes when non-indexed completion mode',
    ],
    [
      "status.uncountedTerminatedPods",
      { succeeded: ["a"], failed: ["a"] },
      'status.uncountedTerminatedPods.failed[0]: Duplicate value: "a"',
    ],
  ],
  warnings: [
    [
      "metadata.name",
      "a.b",
      "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]",
    ],
  ],
  columns: "Name | Status | Completions | Duration | Age | (Containers) | (Images) | (Selector)",
  cells: [
    [{}, "Running", "0/1", "", "60s", "main", "busybox:1.36", `batch.kubernetes.io/controller-uid=${uid}`],
    [
      {
        "status.succeeded": 1,
        "status.startTime": "2025-12-31T23:00:00Z",
        "status.completionTime": "2025-12-31T23:01:10Z",
        "status.conditions": [{ type: "Complete", status: "True" }],
      },
      "Complete",
      "1/1",
      "70s",
    ],
    [{ "spec.completions": undefined, "spec.parallelism": 3 }, "Running", "0/1 of 3"],
  ],
});
