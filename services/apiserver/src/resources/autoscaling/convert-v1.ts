import { parseExactJson, stringifyJson } from "@drydock/apimachinery";
import type {
  V1HorizontalPodAutoscaler,
  V2HorizontalPodAutoscaler,
  V2HorizontalPodAutoscalerBehavior,
  V2HPAScalingRules,
  V2MetricSpec,
  V2MetricStatus,
} from "@drydock/kube-api";
import { metricFromV1, metricStatusFromV1, metricStatusToV1, metricToV1 } from "./convert-metrics.ts";

const PREFIX = "autoscaling.alpha.kubernetes.io/";
const METRICS = `${PREFIX}metrics`;
const CURRENT_METRICS = `${PREFIX}current-metrics`;
const CONDITIONS = `${PREFIX}conditions`;
const BEHAVIOR = `${PREFIX}behavior`;

/** What v1 has no fields for, in annotations that stored objects do not have. */
export const roundTripAnnotations: readonly string[] = [METRICS, CURRENT_METRICS, CONDITIONS, BEHAVIOR];

/** v2 → v1: the CPU utilization has its own fields, the rest goes into annotations. Nothing is lost. */
export function fromV2({ spec, status, metadata, ...rest }: V2HorizontalPodAutoscaler): V1HorizontalPodAutoscaler {
  const metrics = spec?.metrics ?? [];
  const current = status?.currentMetrics ?? [];
  const cpu = metrics.find(isCpuUtilization)?.resource?.target.averageUtilization;
  const currentCpu = current.find((metric) => metric.resource?.name === "cpu")?.resource?.current.averageUtilization;
  const others = metrics.filter((metric) => !isCpuUtilization(metric));
  const noted: Record<string, unknown> = {
    ...(others.length > 0 ? { [METRICS]: others.map(metricToV1) } : {}),
    ...(current.length > 0 ? { [CURRENT_METRICS]: current.map(metricStatusToV1) } : {}),
    ...(status?.conditions?.length ? { [CONDITIONS]: status.conditions } : {}),
    ...(spec?.behavior ? { [BEHAVIOR]: capitalized(spec.behavior) } : {}),
  };
  const annotations = Object.fromEntries(Object.entries(noted).map(([key, value]) => [key, stringifyJson(value)]));
  const hasAnnotations = metadata.annotations || Object.keys(annotations).length > 0;
  return {
    ...rest,
    apiVersion: "autoscaling/v1",
    metadata: { ...metadata, ...(hasAnnotations ? { annotations: { ...metadata.annotations, ...annotations } } : {}) },
    ...(spec
      ? {
          spec: {
            scaleTargetRef: spec.scaleTargetRef,
            ...(spec.minReplicas === undefined ? {} : { minReplicas: spec.minReplicas }),
            maxReplicas: spec.maxReplicas,
            ...(cpu === undefined ? {} : { targetCPUUtilizationPercentage: cpu }),
          },
        }
      : {}),
    ...(status
      ? {
          status: {
            ...(status.observedGeneration === undefined ? {} : { observedGeneration: status.observedGeneration }),
            ...(status.lastScaleTime === undefined ? {} : { lastScaleTime: status.lastScaleTime }),
            currentReplicas: status.currentReplicas ?? 0,
            desiredReplicas: status.desiredReplicas ?? 0,
            ...(currentCpu === undefined ? {} : { currentCPUUtilizationPercentage: currentCpu }),
          },
        }
      : {}),
  } as V1HorizontalPodAutoscaler;
}

/** v1 → v2. An annotation that cannot be read is as good as none. */
export function toV2({ spec, status, metadata, ...rest }: V1HorizontalPodAutoscaler): V2HorizontalPodAutoscaler {
  const read = <T>(annotation: string) => parse<T>(metadata.annotations?.[annotation]);
  const cpu = spec?.targetCPUUtilizationPercentage;
  const metrics: V2MetricSpec[] = [
    ...(cpu === undefined
      ? []
      : [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: cpu } } }]),
    ...(read<object[]>(METRICS) ?? []).map(metricFromV1),
  ];
  const behavior = read<object>(BEHAVIOR);
  const { annotations: _annotations, ...plain } = metadata;
  const annotations = Object.fromEntries(
    Object.entries(metadata.annotations ?? {}).filter(([key]) => !roundTripAnnotations.includes(key)),
  );
  return {
    ...rest,
    apiVersion: "autoscaling/v2",
    metadata: Object.keys(annotations).length > 0 ? { ...plain, annotations } : plain,
    ...(spec
      ? {
          spec: {
            scaleTargetRef: spec.scaleTargetRef,
            ...(spec.minReplicas === undefined ? {} : { minReplicas: spec.minReplicas }),
            maxReplicas: spec.maxReplicas,
            ...(metrics.length > 0 ? { metrics } : {}),
            ...(behavior ? { behavior: uncapitalized(behavior) as V2HorizontalPodAutoscalerBehavior } : {}),
          },
        }
      : {}),
    ...(status ? { status: statusToV2(status, read(CURRENT_METRICS), read(CONDITIONS)) } : {}),
  } as V2HorizontalPodAutoscaler;
}

function statusToV2(
  status: NonNullable<V1HorizontalPodAutoscaler["status"]>,
  noted: object[] | undefined,
  conditions: NonNullable<V2HorizontalPodAutoscaler["status"]>["conditions"],
): NonNullable<V2HorizontalPodAutoscaler["status"]> {
  const { currentCPUUtilizationPercentage: cpu, currentReplicas, ...rest } = status;
  const own: V2MetricStatus[] =
    cpu === undefined ? [] : [{ type: "Resource", resource: { name: "cpu", current: { averageUtilization: cpu } } }];
  const currentMetrics = noted ? noted.map(metricStatusFromV1) : own;
  return {
    ...rest,
    ...(currentReplicas ? { currentReplicas } : {}),
    ...(currentMetrics.length > 0 ? { currentMetrics } : {}),
    ...(conditions ? { conditions } : {}),
  };
}

/** Only one metric has its own field: the first that sets a share of CPU. */
function isCpuUtilization({ type, resource }: V2MetricSpec): boolean {
  return type === "Resource" && resource?.name === "cpu" && resource.target.averageUtilization !== undefined;
}

/** Upstream writes this annotation from a type without JSON names: `ScaleUp`, all fields present. */
function capitalized(behavior: V2HorizontalPodAutoscalerBehavior): unknown {
  const rules = (side: V2HPAScalingRules | undefined) =>
    side
      ? {
          StabilizationWindowSeconds: side.stabilizationWindowSeconds ?? null,
          SelectPolicy: side.selectPolicy ?? null,
          Policies: (side.policies ?? []).map(({ type, value, periodSeconds }) => ({
            Type: type,
            Value: value,
            PeriodSeconds: periodSeconds,
          })),
          Tolerance: side.tolerance ?? null,
        }
      : null;
  return { ScaleUp: rules(behavior.scaleUp), ScaleDown: rules(behavior.scaleDown) };
}

function uncapitalized(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(uncapitalized);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== null)
      .map(([key, item]) => [key.charAt(0).toLowerCase() + key.slice(1), uncapitalized(item)]),
  );
}

function parse<T>(text: string | undefined): T | undefined {
  if (text === undefined) return undefined;
  try {
    return parseExactJson(text) as T;
  } catch {
    return undefined;
  }
}
