import { describeKind } from "../meta/kind-table.ts";
import { podDisruptionBudget } from "./pod-disruption-budget.ts";

describeKind(podDisruptionBudget, {
  valid: {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name: "web", namespace: "default" },
    spec: { minAvailable: 1, selector: { matchLabels: { app: "web" } } },
  },
  created: { status: { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 } },
  create: [
    ["spec.minAvailable", "50%"],
    ["spec.minAvailable", -1, "spec.minAvailable: Invalid value: -1: must be greater than or equal to 0"],
    ["spec.minAvailable", "101%", 'spec.minAvailable: Invalid value: "101%": must not be greater than 100%'],
    [
      "spec.minAvailable",
      "x",
      "spec.minAvailable: Invalid value: \"x\": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
    ],
    [
      "spec.maxUnavailable",
      1,
      'spec: Invalid value: {"minAvailable":1,"selector":{"matchLabels":{"app":"web"}},"maxUnavailable":1}: minAvailable and maxUnavailable cannot be both set',
    ],
    [
      "spec.unhealthyPodEvictionPolicy",
      "Never",
      'spec.unhealthyPodEvictionPolicy: Unsupported value: "Never": supported values: "AlwaysAllow", "IfHealthyBudget"',
    ],
  ],
  status: [
    [
      "status.disruptionsAllowed",
      -1,
      "status.disruptionsAllowed: Invalid value: -1: must be greater than or equal to 0",
    ],
    [
      "status.conditions",
      [{ type: "A", status: "Maybe", lastTransitionTime: "2026-01-01T00:00:00Z", reason: "9", message: "" }],
      'status.conditions[0].status: Unsupported value: "Maybe": supported values: "False", "True", "Unknown"',
      "status.conditions[0].reason: Invalid value: \"9\": a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?')",
    ],
  ],
  columns: "Name | Min Available | Max Unavailable | Allowed Disruptions | Age",
  cells: [[{}, "1", "N/A", 0, "60s"]],
});
