import { describeKind } from "../meta/kind-table.ts";
import { apiService } from "./api-service.ts";

describeKind(apiService, {
  valid: {
    apiVersion: "apiregistration.k8s.io/v1",
    kind: "APIService",
    metadata: { name: "v1beta1.metrics.k8s.io" },
    spec: {
      group: "metrics.k8s.io",
      version: "v1beta1",
      groupPriorityMinimum: 100,
      versionPriority: 100,
      service: { namespace: "kube-system", name: "metrics-server" },
    },
  },
  created: { "spec.service.port": 443, status: {} },
  create: [
    [
      "metadata.name",
      "other",
      'metadata.name: Invalid value: "other": must be `spec.version+"."+spec.group`: "v1beta1.metrics.k8s.io"',
    ],
    [
      "spec.groupPriorityMinimum",
      0,
      "spec.groupPriorityMinimum: Invalid value: 0: must be positive and less than 20000",
    ],
    ["spec.versionPriority", 1001, "spec.versionPriority: Invalid value: 1001: must be positive and less than 1000"],
    ["spec.service.name", "", "spec.service.name: Required value"],
    ["spec.caBundle", "YQ=="],
    ["spec.service", undefined],
  ],
  columns: "Name | Service | Available | Age",
  cells: [
    [{}, "kube-system/metrics-server", "Unknown", "60s"],
    [
      { "status.conditions": [{ type: "Available", status: "False", reason: "MissingEndpoints" }] },
      "kube-system/metrics-server",
      "False (MissingEndpoints)",
    ],
  ],
});
