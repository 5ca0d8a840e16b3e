import {
  type FieldError,
  type FieldPath,
  fieldErrors,
  isPathSegmentName,
  tryParseQuantity,
} from "@drydock/apimachinery";
import type { V2MetricIdentifier, V2MetricSpec, V2MetricTarget } from "@drydock/kube-api";
import { type Finding, findings, invalidTexts } from "../meta/rules.ts";
import { validateReference } from "./validate-reference.ts";

/** The field that each type of metric is described in, with the rules of that description. */
const SOURCES = {
  ContainerResource: ["containerResource", validateContainerResource],
  External: ["external", validateExternal],
  Object: ["object", validateObject],
  Pods: ["pods", validatePods],
  Resource: ["resource", validateResource],
} as const;

type SourceField = (typeof SOURCES)[keyof typeof SOURCES][0];

export function validateMetric(spec: V2MetricSpec, path: FieldPath): FieldError[] {
  const types = Object.keys(SOURCES);
  const present = Object.values(SOURCES).filter(([field]) => spec[field] !== undefined);
  const expected: SourceField | undefined = SOURCES[spec.type as keyof typeof SOURCES]?.[0];
  const [first] = present;
  return findings(
    !spec.type && fieldErrors.required(path.child("type"), "must specify a metric source type"),
    !types.includes(spec.type) && fieldErrors.notSupported(path.child("type"), spec.type ?? "", types),
    first?.[1](spec, path.child(first[0])),
    expected &&
      spec[expected] === undefined &&
      fieldErrors.required(path.child(expected), "must populate information for the given metric source"),
    present.length > 1 &&
      present
        .filter(([field]) => field !== expected)
        .map(([field]) => fieldErrors.forbidden(path.child(field), "must populate the given metric source only")),
  );
}

function validateObject({ object }: V2MetricSpec, path: FieldPath): Finding {
  const target = object?.target;
  return [
    validateReference(object?.describedObject, path.child("describedObject")),
    validateIdentifier(object?.metric, path.child("metric")),
    validateTarget(target, path.child("target")),
    target?.value === undefined &&
      target?.averageValue === undefined &&
      fieldErrors.required(path.child("target", "averageValue"), "must set either a target value or averageValue"),
  ];
}

function validateExternal({ external }: V2MetricSpec, path: FieldPath): Finding {
  const target = external?.target;
  return [
    validateIdentifier(external?.metric, path.child("metric")),
    validateTarget(target, path.child("target")),
    target?.value === undefined &&
      target?.averageValue === undefined &&
      fieldErrors.required(
        path.child("target", "averageValue"),
        "must set either a target value for metric or a per-pod target",
      ),
    target?.value !== undefined &&
      target.averageValue !== undefined &&
      fieldErrors.forbidden(
        path.child("target", "value"),
        "may not set both a target value for metric and a per-pod target",
      ),
  ];
}

function validatePods({ pods }: V2MetricSpec, path: FieldPath): Finding {
  return [
    validateIdentifier(pods?.metric, path.child("metric")),
    validateTarget(pods?.target, path.child("target")),
    !isPositive(pods?.target?.averageValue) &&
      fieldErrors.required(path.child("target", "averageValue"), "must specify a positive target averageValue"),
  ];
}

function validateResource({ resource }: V2MetricSpec, path: FieldPath): Finding {
  return [
    !resource?.name && fieldErrors.required(path.child("name"), "must specify a resource name"),
    validateResourceTarget(resource?.target, path.child("target")),
  ];
}

function validateContainerResource({ containerResource: source }: V2MetricSpec, path: FieldPath): Finding {
  return [
    !source?.name && fieldErrors.required(path.child("name"), "must specify a resource name"),
    !source?.container && fieldErrors.required(path.child("container"), "must specify a container"),
    validateResourceTarget(source?.target, path.child("target")),
  ];
}

function validateResourceTarget(target: V2MetricTarget | undefined, path: FieldPath): Finding {
  return [
    validateTarget(target, path),
    target?.averageUtilization === undefined &&
      target?.averageValue === undefined &&
      fieldErrors.required(
        path.child("averageUtilization"),
        "must set either a target raw value or a target utilization",
      ),
    target?.averageUtilization !== undefined &&
      target.averageValue !== undefined &&
      fieldErrors.forbidden(path.child("averageValue"), "may not set both a target raw value and a target utilization"),
  ];
}

function validateIdentifier(metric: V2MetricIdentifier | undefined, path: FieldPath): Finding {
  if (!metric?.name) return fieldErrors.required(path.child("name"), "must specify a metric name");
  return invalidTexts(path.child("name"), metric.name, isPathSegmentName(metric.name));
}

function validateTarget(target: V2MetricTarget | undefined, path: FieldPath): Finding {
  const { type, value, averageValue, averageUtilization } = target ?? {};
  return [
    !type && fieldErrors.required(path.child("type"), "must specify a metric target type"),
    !["Utilization", "Value", "AverageValue"].includes(type ?? "") &&
      fieldErrors.invalid(path.child("type"), type ?? "", "must be either Utilization, Value, or AverageValue"),
    value !== undefined && !isPositive(value) && fieldErrors.invalid(path.child("value"), value, "must be positive"),
    averageValue !== undefined &&
      !isPositive(averageValue) &&
      fieldErrors.invalid(path.child("averageValue"), averageValue, "must be positive"),
    averageUtilization !== undefined &&
      averageUtilization < 1 &&
      fieldErrors.invalid(path.child("averageUtilization"), averageUtilization, "must be greater than 0"),
  ];
}

function isPositive(quantity: string | undefined): boolean {
  return (tryParseQuantity(String(quantity ?? ""))?.nanos ?? 0n) > 0n;
}
