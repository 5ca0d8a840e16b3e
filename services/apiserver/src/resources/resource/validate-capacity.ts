import { type FieldPath, fieldErrors, type Quantity, tryParseQuantity } from "@drydock/apimachinery";
import type { V1CapacityRequestPolicy, V1CapacityRequestPolicyRange, V1DeviceCapacity } from "@drydock/kube-api";
import type { Finding } from "../meta/rules.ts";
import { eachUnique } from "./limited.ts";

const OPTIONS_MAX = 10;

const quantityOf = (text: string | undefined): Quantity | undefined => tryParseQuantity(String(text ?? ""));
const isAbove = (a: string | undefined, b: string | undefined): boolean => {
  const [left, right] = [quantityOf(a), quantityOf(b)];
  return left !== undefined && right !== undefined && left.compare(right) > 0;
};

/** Only of a device that several may share can a part be asked for. */
export function validateCapacity(
  { value, requestPolicy }: V1DeviceCapacity,
  path: FieldPath,
  isShared: boolean,
): Finding {
  if (!requestPolicy) return [];
  const at = path.child("requestPolicy");
  if (!isShared) return fieldErrors.forbidden(at, "allowMultipleAllocations must be true");
  const { validValues, validRange, default: fallback } = requestPolicy;
  if (validValues?.length && validRange)
    return fieldErrors.forbidden(
      at,
      'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time',
    );
  if (validValues?.length)
    return fallback === undefined
      ? fieldErrors.required(at.child("default"), "required when validValues is defined")
      : validateOptions(validValues, fallback, value, at.child("validValues"));
  if (validRange)
    return fallback === undefined
      ? fieldErrors.required(at.child("default"), "required when validRange is defined")
      : validateRange(validRange, fallback, value, at.child("validRange"));
  return [];
}

function validateOptions(
  options: NonNullable<V1CapacityRequestPolicy["validValues"]>,
  fallback: string,
  capacity: string,
  path: FieldPath,
): Finding {
  return [
    options.map(
      (option, index) =>
        index > 0 &&
        isAbove(options[index - 1], option) &&
        fieldErrors.invalid(path.index(index), option, "values must be sorted in ascending order"),
    ),
    eachUnique(
      options,
      OPTIONS_MAX,
      path,
      (option, at) =>
        isAbove(option, capacity) &&
        fieldErrors.invalid(at, option, `option is larger than capacity value: ${capacity}`),
      (option) => String(quantityOf(option)?.value() ?? option),
    ),
    !options.some((option) => quantityOf(option)?.nanos === quantityOf(fallback)?.nanos) &&
      fieldErrors.invalid(path, fallback, "default value is not valid according to the requestPolicy"),
  ];
}

function validateRange(
  { min, max, step }: V1CapacityRequestPolicyRange,
  fallback: string,
  capacity: string,
  path: FieldPath,
): Finding {
  if (min === undefined) return fieldErrors.required(path.child("min"), "required when validRange is defined");
  const above = (field: "min" | "max", value: string, limit: string | undefined, shown: string, text: string) =>
    isAbove(value, limit) && fieldErrors.invalid(path.child(field), shown, `${text}: ${limit}`);
  return [
    above("min", min, capacity, min, "min is larger than capacity value"),
    isAbove(min, fallback) && fieldErrors.invalid(path.child("min"), fallback, `default is less than min: ${min}`),
    max !== undefined && [
      above("max", min, max, min, "min is larger than max"),
      above("max", max, capacity, max, "max is larger than capacity value"),
      above("max", fallback, max, fallback, "default is more than max"),
    ],
    step !== undefined && validateStep(min, max, step, fallback, capacity, path.child("step")),
  ];
}

function validateStep(
  min: string,
  max: string | undefined,
  step: string,
  fallback: string,
  capacity: string,
  path: FieldPath,
): Finding {
  const [low, stride] = [quantityOf(min), quantityOf(step)];
  if (!low || !stride) return [];
  const first = low.add(stride).toString();
  const off = (text: string) =>
    stride.value() !== 0n &&
    ((quantityOf(text)?.value() ?? 0n) - low.value()) % stride.value() !== 0n &&
    fieldErrors.invalid(path, text, `value is not a multiple of a given step (${step}) from (${min})`);
  return [
    isAbove(first, capacity) &&
      fieldErrors.invalid(path, step, `one step ${first} is larger than capacity value: ${capacity}`),
    off(fallback),
    max !== undefined && off(max),
  ];
}
