import { type FieldError, FieldPath, fieldErrors, isQualifiedName } from "@drydock/apimachinery";
import type { V1LimitRange, V1LimitRangeItem } from "@drydock/kube-api";
import { createdColumn, defineKind, nameColumn } from "../meta/define-kind.ts";
import { isGreater, validateNonNegativeQuantity } from "../meta/quantity-rules.ts";
import { each, type Finding, invalidTexts } from "../meta/rules.ts";
import { isStandardContainerResource } from "../pod-spec/resource-names.ts";

const LIMITS = FieldPath.of("spec", "limits");
const AMOUNTS = ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"] as const;

export const limitRange = defineKind<V1LimitRange>({
  kind: "LimitRange",
  resource: "limitranges",
  shortNames: ["limits"],
  schema: "io.k8s.api.core.v1.LimitRange",
  strategy: {
    setDefaults({ spec }) {
      for (const item of spec?.limits ?? []) if (item.type === "Container") setItemDefaults(item);
    },
    // Upstream names what comes without a name, whatever that is good for.
    prepareNamed({ metadata }) {
      metadata.name ||= metadata.uid as string;
    },
    validate,
    validateUpdate: validate,
  },
  allColumns: [nameColumn, createdColumn],
});

/** A limit is the most there may be, a request is the limit, or the least. */
function setItemDefaults(item: V1LimitRangeItem): void {
  item.default = { ...item.max, ...item.default };
  item.defaultRequest = { ...item.min, ...item.default, ...item.defaultRequest };
  for (const field of ["default", "defaultRequest"] as const)
    if (Object.keys(item[field] ?? {}).length === 0) delete item[field];
}

function validate({ spec }: V1LimitRange): FieldError[] {
  const types = (spec?.limits ?? []).map(({ type }) => type);
  return each(spec?.limits, LIMITS, (item, path, index) => [
    types.indexOf(item.type) < index && fieldErrors.duplicate(path.child("type"), item.type),
    item.type ? [] : fieldErrors.required(path.child("type")),
    item.type === "Pod" &&
      (["default", "defaultRequest"] as const).map(
        (field) =>
          item[field] &&
          Object.keys(item[field]).length > 0 &&
          fieldErrors.forbidden(path.child(field), "may not be specified when `type` is 'Pod'"),
      ),
    item.type === "PersistentVolumeClaim" &&
      item.min?.["storage"] === undefined &&
      item.max?.["storage"] === undefined &&
      fieldErrors.required(
        path.child("limits"),
        "either minimum or maximum storage value is required, but neither was provided",
      ),
    AMOUNTS.map((field) =>
      Object.entries(item[field] ?? {}).map(([name, quantity]) => [
        validateResourceName(name, item.type, path.child(field).key(name)),
        validateNonNegativeQuantity(quantity, path.child(field).key(name)),
      ]),
    ),
    resourceNames(item).map((name) => validateOrder(item, name, path)),
  ]);
}

function resourceNames(item: V1LimitRangeItem): string[] {
  return [...new Set(AMOUNTS.flatMap((field) => Object.keys(item[field] ?? {})))].sort();
}

function validateResourceName(name: string, type: string, path: FieldPath): Finding {
  return [
    invalidTexts(path, name, isQualifiedName(name)),
    !name.includes("/") &&
      (type === "Pod" || type === "Container") &&
      !isStandardContainerResource(name) &&
      fieldErrors.invalid(path, name, "must be a standard limit type or fully qualified"),
  ];
}

/** min ≤ defaultRequest ≤ default ≤ max, and a ratio that max and min leave room for. */
function validateOrder(item: V1LimitRangeItem, name: string, path: FieldPath): Finding {
  const [min, max] = [item.min?.[name], item.max?.[name]];
  const [fallback, request] = [item.default?.[name], item.defaultRequest?.[name]];
  const ratio = item.maxLimitRequestRatio?.[name];
  const over = (
    field: (typeof AMOUNTS)[number],
    low: string | undefined,
    high: string | undefined,
    shown: string | undefined,
    text: string,
  ) => isGreater(low, high) && fieldErrors.invalid(path.child(field).key(name), shown, text);
  return [
    over("min", min, max, min, `min value ${min} is greater than max value ${max}`),
    over("defaultRequest", min, request, request, `min value ${min} is greater than default request value ${request}`),
    over("defaultRequest", request, max, request, `default request value ${request} is greater than max value ${max}`),
    over(
      "defaultRequest",
      request,
      fallback,
      request,
      `default request value ${request} is greater than default limit value ${fallback}`,
    ),
    over("default", min, fallback, min, `min value ${min} is greater than default value ${fallback}`),
    over("default", fallback, max, max, `default value ${fallback} is greater than max value ${max}`),
    ratio !== undefined &&
      isGreater("1", ratio) &&
      fieldErrors.invalid(path.child("maxLimitRequestRatio").key(name), ratio, `ratio ${ratio} is less than 1`),
  ];
}
