import assert from "node:assert/strict";
import type { V2HorizontalPodAutoscaler } from "@drydock/kube-api";
import { describeKind } from "../meta/kind-table.ts";
import { fromV2, toV2 } from "./convert-v1.ts";
import { horizontalPodAutoscaler } from "./horizontal-pod-autoscaler.ts";
import { horizontalPodAutoscalerV1 } from "./horizontal-pod-autoscaler-v1.ts";

const scaleTargetRef = { apiVersion: "apps/v1", kind: "Deployment", name: "web" };
const metadata = { name: "web", namespace: "default" };
const cpu = (averageUtilization: number) => ({
  type: "Resource",
  resource: { name: "cpu", target: { type: "Utilization", averageUtilization } },
});
const metric = (type: string, source: object) => [{ type, [type.charAt(0).toLowerCase() + type.slice(1)]: source }];

describeKind(horizontalPodAutoscaler, {
  valid: {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata,
    spec: { scaleTargetRef, maxReplicas: 5, behavior: { scaleDown: { stabilizationWindowSeconds: 60 } } },
  },
  created: {
    "spec.minReplicas": 1,
    "spec.metrics": [cpu(80)],
    "spec.behavior.scaleUp": {
      stabilizationWindowSeconds: 0,
      selectPolicy: "Max",
      policies: [
        { type: "Pods", value: 4, periodSeconds: 15 },
        { type: "Percent", value: 100, periodSeconds: 15 },
      ],
    },
    "spec.behavior.scaleDown": {
      selectPolicy: "Max",
      policies: [{ type: "Percent", value: 100, periodSeconds: 15 }],
      stabilizationWindowSeconds: 60,
    },
  },
  create: [
    [
      "spec.scaleTargetRef.apiVersion",
      "v1",
      'spec.scaleTargetRef.apiVersion: Invalid value: "v1": apiVersion must specify API group',
    ],
    [
      "spec.scaleTargetRef.apiVersion",
      "a/b/c",
      'spec.scaleTargetRef.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
    ],
    ["spec.scaleTargetRef", { apiVersion: "v1", kind: "ReplicationController", name: "web" }],
    ["spec.minReplicas", 0, "spec.minReplicas: Invalid value: 0: must be greater than or equal to 1"],
    [
      "spec.maxReplicas",
      0,
      "spec.maxReplicas: Required value: must be set and greater than 0",
      "spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`",
    ],
    ["spec.scaleTargetRef.kind", "", "spec.scaleTargetRef.kind: Required value"],
    ["spec.scaleTargetRef.name", "a/b", "spec.scaleTargetRef.name: Invalid value: \"a/b\": may not contain '/'"],
    [
      "spec.metrics",
      [{ type: "Other" }],
      'spec.metrics[0].type: Unsupported value: "Other": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"',
    ],
    [
      "spec.metrics",
      [{ type: "Pods" }],
      "spec.metrics[0].pods: Required value: must populate information for the given metric source",
    ],
    [
      "spec.metrics",
      metric("Resource", { name: "cpu", target: { type: "Utilization" } }),
      "spec.metrics[0].resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization",
    ],
    [
      "spec.metrics",
      metric("Pods", { metric: { name: "" }, target: { type: "Other", averageValue: "0" } }),
      "spec.metrics[0].pods.metric.name: Required value: must specify a metric name",
      'spec.metrics[0].pods.target.type: Invalid value: "Other": must be either Utilization, Value, or AverageValue',
      'spec.metrics[0].pods.target.averageValue: Invalid value: "0": must be positive',
      "spec.metrics[0].pods.target.averageValue: Required value: must specify a positive target averageValue",
    ],
    [
      "spec.metrics",
      metric("External", { metric: { name: "q" }, target: { type: "Value", value: "1", averageValue: "1" } }),
      "spec.metrics[0].external.target.value: Forbidden: may not set both a target value for metric and a per-pod target",
    ],
    [
      "spec.behavior.scaleUp",
      {
        stabilizationWindowSeconds: 3601,
        selectPolicy: "Some",
        policies: [{ type: "X", value: 0, periodSeconds: 1801 }],
      },
      "spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600",
      'spec.behavior.scaleUp.selectPolicy: Unsupported value: "Some": supported values: "Disabled", "Max", "Min"',
      'spec.behavior.scaleUp.policies[0].type: Unsupported value: "X": supported values: "Percent", "Pods"',
      "spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero",
      "spec.behavior.scaleUp.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800",
    ],
  ],
  status: [
    ["status.currentReplicas", -1, "status.currentReplicas: Invalid value: -1: must be greater than or equal to 0"],
  ],
  columns: "Name | Reference | Targets | MinPods | MaxPods | Replicas | Age",
  cells: [
    [{}, "Deployment/web", "cpu: <unknown>/80%", "1", 5, 0, "60s"],
    [
      {
        "status.currentMetrics": [{ type: "Resource", resource: { name: "cpu", current: { averageUtilization: 7 } } }],
      },
      "Deployment/web",
      "cpu: 7%/80%",
    ],
  ],
});

describeKind(horizontalPodAutoscalerV1, {
  valid: {
    apiVersion: "autoscaling/v1",
    kind: "HorizontalPodAutoscaler",
    metadata,
    spec: { scaleTargetRef, maxReplicas: 5 },
  },
  created: { "spec.minReplicas": 1, status: { currentReplicas: 0, desiredReplicas: 0 } },
  create: [
    [
      "spec.targetCPUUtilizationPercentage",
      0,
      "spec.metrics[0].resource.target.averageUtilization: Invalid value: 0: must be greater than 0",
    ],
  ],
  columns: "Name | Reference | Targets | MinPods | MaxPods | Replicas | Age",
  cells: [[{}, "Deployment/web", "cpu: <unknown>/80%", "1", 5, 0, "60s"]],
});

describe("HorizontalPodAutoscaler between v2 and v1", () => {
  const full: V2HorizontalPodAutoscaler = {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { ...metadata, annotations: { mine: "yes" } },
    spec: {
      scaleTargetRef,
      minReplicas: 1,
      maxReplicas: 3,
      metrics: [
        cpu(50),
        { type: "Pods", pods: { metric: { name: "rps" }, target: { type: "AverageValue", averageValue: "10" } } },
        { type: "External", external: { metric: { name: "queue" }, target: { type: "Value", value: "5" } } },
      ],
      behavior: { scaleUp: { selectPolicy: "Max", policies: [{ type: "Pods", value: 1, periodSeconds: 60 }] } },
    },
    status: {
      currentReplicas: 2,
      desiredReplicas: 2,
      currentMetrics: [
        { type: "Resource", resource: { name: "cpu", current: { averageUtilization: 40, averageValue: "100m" } } },
      ],
      conditions: [{ type: "AbleToScale", status: "True", reason: "Ok", message: "" }],
    },
  };

  it("loses nothing: v1 carries the rest in annotations, under upstream's names", () => {
    const old = fromV2(structuredClone(full));
    assert.equal(old.spec?.targetCPUUtilizationPercentage, 50);
    assert.equal(old.status?.currentCPUUtilizationPercentage, 40);
    assert.deepEqual(Object.keys(old.metadata.annotations ?? {}), [
      "mine",
      "autoscaling.alpha.kubernetes.io/metrics",
      "autoscaling.alpha.kubernetes.io/current-metrics",
      "autoscaling.alpha.kubernetes.io/conditions",
      "autoscaling.alpha.kubernetes.io/behavior",
    ]);
    assert.equal(
      old.metadata.annotations?.["autoscaling.alpha.kubernetes.io/metrics"],
      '[{"type":"Pods","pods":{"metricName":"rps","targetAverageValue":"10"}},{"type":"External","external":{"metricName":"queue","targetValue":"5"}}]',
    );
    assert.deepEqual(toV2(old), full);
  });
});
