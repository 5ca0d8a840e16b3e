import { describeKind, type Row } from "../meta/kind-table.ts";
import { limitRange } from "./limit-range.ts";
import { podTemplate } from "./pod-template.ts";
import { resourceQuota } from "./resource-quota.ts";

const metadata = { name: "one", namespace: "default" };
const limit = (item: object, ...errors: string[]): Row => ["spec.limits", [{ type: "Container", ...item }], ...errors];

describeKind(limitRange, {
  valid: {
    apiVersion: "v1",
    kind: "LimitRange",
    metadata,
    spec: { limits: [{ type: "Container", max: { cpu: "2" }, min: { cpu: "100m", memory: "1Mi" } }] },
  },
  created: {
    "spec.limits.0.default": { cpu: "2" },
    "spec.limits.0.defaultRequest": { cpu: "2", memory: "1Mi" },
  },
  create: [
    [
      "spec.limits",
      [{ type: "Pod" }, { type: "Pod", default: { cpu: "1" } }],
      'spec.limits[1].type: Duplicate value: "Pod"',
      "spec.limits[1].default: Forbidden: may not be specified when `type` is 'Pod'",
    ],
    [
      "spec.limits",
      [{ type: "PersistentVolumeClaim" }],
      "spec.limits[0].limits: Required value: either minimum or maximum storage value is required, but neither was provided",
    ],
    limit(
      { min: { cpu: "3" }, default: { cpu: "3" }, max: { cpu: "2" } },
      'spec.limits[0].min[cpu]: Invalid value: "3": min value 3 is greater than max value 2',
      'spec.limits[0].defaultRequest[cpu]: Invalid value: "3": default request value 3 is greater than max value 2',
      'spec.limits[0].default[cpu]: Invalid value: "2": default value 3 is greater than max value 2',
    ),
    limit(
      { maxLimitRequestRatio: { cpu: "0.5" } },
      'spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "0.5": ratio 0.5 is less than 1',
    ),
    limit(
      { max: { gpu: "1" } },
      ...["max", "default", "defaultRequest"].map(
        (field) =>
          `spec.limits[0].${field}[gpu]: Invalid value: "gpu": must be a standard limit type or fully qualified`,
      ),
    ),
  ],
  columns: "Name | Created At",
  cells: [[{}, "2025-12-31T23:59:00Z"]],
});

describeKind(resourceQuota, {
  valid: { apiVersion: "v1", kind: "ResourceQuota", metadata, spec: { hard: { pods: "5", "limits.cpu": "2" } } },
  created: { status: {} },
  create: [
    ["spec.hard", { things: "1" }, 'spec.hard[things]: Invalid value: "things": must be a standard resource for quota'],
    ["spec.hard", { pods: "-1" }, 'spec.hard[pods]: Invalid value: "-1": must be greater than or equal to 0'],
    ["spec.hard", { pods: "1.5" }, 'spec.hard[pods]: Invalid value: "1500m": must be an integer'],
    ["spec.hard", { "count/jobs.batch": "3", "requests.hugepages-2Mi": "1Gi" }],
    [
      "spec.scopes",
      ["BestEffort", "NotBestEffort"],
      'spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: conflicting scopes',
    ],
    ["spec.scopes", ["Other"], 'spec.scopes: Invalid value: ["Other"]: unsupported scope'],
    [
      "spec.scopeSelector",
      { matchExpressions: [{ scopeName: "PriorityClass", operator: "In" }] },
      "spec.scopeSelector.matchExpressions[0].values: Required value: must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
    ],
  ],
  update: [
    ["spec.hard", { pods: "6" }],
    ["spec.scopes", ["BestEffort"], 'spec.scopes: Invalid value: ["BestEffort"]: field is immutable'],
  ],
  columns: "Name | Request | Limit | Age",
  cells: [
    [
      { status: { hard: { pods: "5", cpu: "1", "limits.cpu": "2" }, used: { pods: "1", cpu: "0" } } },
      "cpu: 0/1, pods: 1/5",
      "limits.cpu: 0/2",
      "60s",
    ],
  ],
});

describeKind(podTemplate, {
  valid: {
    apiVersion: "v1",
    kind: "PodTemplate",
    metadata,
    template: { metadata: { labels: { app: "x" } }, spec: { containers: [{ name: "c", image: "i" }] } },
  },
  created: { "template.spec.restartPolicy": "Always" },
  create: [["template.spec.containers", [], "template.spec.containers: Required value"]],
  columns: "Name | Containers | Images | Pod Labels",
  cells: [[{}, "c", "i", "app=x"]],
});
