import type { V2MetricSpec, V2MetricStatus, V2MetricTarget, V2MetricValueStatus } from "@drydock/kube-api";

/** A metric in the flat form of autoscaling/v1, which stands in annotations only. */
interface FlatMetric {
  type: string;
  object?: { target: V2Reference; metricName: string; selector?: Selector } & Partial<Record<Value, string>>;
  pods?: { metricName: string; selector?: Selector } & Partial<Record<Value, string>>;
  resource?: { name: string } & Partial<Record<Value, string>> & Partial<Record<Share, number>>;
  containerResource?: { name: string; container: string } & Partial<Record<Value, string>> &
    Partial<Record<Share, number>>;
  external?: { metricName: string; metricSelector?: Selector } & Partial<Record<Value, string>>;
}

type V2Reference = NonNullable<V2MetricSpec["object"]>["describedObject"];
type Selector = NonNullable<V2MetricSpec["pods"]>["metric"]["selector"];
type Value = "targetValue" | "targetAverageValue" | "averageValue" | "currentValue" | "currentAverageValue";
type Share = "targetAverageUtilization" | "currentAverageUtilization";

export function metricToV1(metric: V2MetricSpec): FlatMetric {
  const { object, pods, resource, containerResource, external } = metric;
  return compact({
    type: metric.type,
    object: object && {
      target: object.describedObject,
      metricName: object.metric.name,
      targetValue: object.target.value ?? "0",
      selector: object.metric.selector,
      averageValue: object.target.averageValue,
    },
    pods: pods && {
      metricName: pods.metric.name,
      targetAverageValue: pods.target.averageValue,
      selector: pods.metric.selector,
    },
    resource: resource && {
      name: resource.name,
      targetAverageUtilization: resource.target.averageUtilization,
      targetAverageValue: resource.target.averageValue,
    },
    containerResource: containerResource && {
      name: containerResource.name,
      targetAverageUtilization: containerResource.target.averageUtilization,
      targetAverageValue: containerResource.target.averageValue,
      container: containerResource.container,
    },
    external: external && {
      metricName: external.metric.name,
      metricSelector: external.metric.selector,
      targetValue: external.target.value,
      targetAverageValue: external.target.averageValue,
    },
  }) as FlatMetric;
}

export function metricFromV1(noted: object): V2MetricSpec {
  const { type, object, pods, resource, containerResource, external } = noted as FlatMetric;
  return compact({
    type,
    object: object && {
      describedObject: object.target,
      metric: { name: object.metricName, selector: object.selector },
      target: targetOf(object.averageValue === undefined ? object.targetValue : undefined, object.averageValue),
    },
    pods: pods && {
      metric: { name: pods.metricName, selector: pods.selector },
      target: targetOf(undefined, pods.targetAverageValue),
    },
    resource: resource && {
      name: resource.name,
      target: targetOf(undefined, resource.targetAverageValue, resource.targetAverageUtilization),
    },
    containerResource: containerResource && {
      name: containerResource.name,
      container: containerResource.container,
      target: targetOf(undefined, containerResource.targetAverageValue, containerResource.targetAverageUtilization),
    },
    external: external && {
      metric: { name: external.metricName, selector: external.metricSelector },
      target: targetOf(external.targetValue, external.targetAverageValue),
    },
  }) as unknown as V2MetricSpec;
}

export function metricStatusToV1(status: V2MetricStatus): FlatMetric {
  const { object, pods, resource, containerResource, external } = status;
  const shares = (current: V2MetricValueStatus) => ({
    currentAverageUtilization: current.averageUtilization,
    currentAverageValue: current.averageValue ?? "0",
  });
  return compact({
    type: status.type,
    object: object && {
      target: object.describedObject,
      metricName: object.metric.name,
      currentValue: object.current.value ?? "0",
      selector: object.metric.selector,
      averageValue: object.current.averageValue,
    },
    pods: pods && {
      metricName: pods.metric.name,
      currentAverageValue: pods.current.averageValue ?? "0",
      selector: pods.metric.selector,
    },
    resource: resource && { name: resource.name, ...shares(resource.current) },
    containerResource: containerResource && {
      name: containerResource.name,
      ...shares(containerResource.current),
      container: containerResource.container,
    },
    external: external && {
      metricName: external.metric.name,
      metricSelector: external.metric.selector,
      currentValue: external.current.value ?? "0",
      currentAverageValue: external.current.averageValue,
    },
  }) as FlatMetric;
}

export function metricStatusFromV1(noted: object): V2MetricStatus {
  const { type, object, pods, resource, containerResource, external } = noted as FlatMetric;
  const shares = (source: Partial<Record<Value, string>> & Partial<Record<Share, number>>) => ({
    averageUtilization: source.currentAverageUtilization,
    averageValue: source.currentAverageValue,
  });
  return compact({
    type,
    object: object && {
      describedObject: object.target,
      metric: { name: object.metricName, selector: object.selector },
      current: { value: object.currentValue, averageValue: object.averageValue },
    },
    pods: pods && {
      metric: { name: pods.metricName, selector: pods.selector },
      current: { averageValue: pods.currentAverageValue },
    },
    resource: resource && { name: resource.name, current: shares(resource) },
    containerResource: containerResource && {
      name: containerResource.name,
      container: containerResource.container,
      current: shares(containerResource),
    },
    external: external && {
      metric: { name: external.metricName, selector: external.metricSelector },
      current: { value: external.currentValue, averageValue: external.currentAverageValue },
    },
  }) as unknown as V2MetricStatus;
}

/** v1 did not name the type of a target: it follows from what is set. */
function targetOf(value: string | undefined, averageValue?: string, averageUtilization?: number): V2MetricTarget {
  if (averageUtilization !== undefined) return { type: "Utilization", averageUtilization };
  if (averageValue !== undefined) return { type: "AverageValue", averageValue };
  return { type: "Value", ...(value === undefined ? {} : { value }) };
}

/** Without what is undefined, all the way down. */
function compact(value: object): object {
  return JSON.parse(JSON.stringify(value)) as object;
}
