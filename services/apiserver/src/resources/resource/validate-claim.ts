import { type FieldError, type FieldPath, fieldErrors, isDns1123Subdomain } from "@drydock/apimachinery";
import type {
  V1DeviceClaim,
  V1DeviceConstraint,
  V1DeviceRequest,
  V1DeviceSelector,
  V1DeviceSubRequest,
  V1OpaqueDeviceConfiguration,
} from "@drydock/kube-api";
import { validateDriverName } from "../meta/driver-name-rules.ts";
import { each, type Finding, findings, invalidTexts } from "../meta/rules.ts";
import { validateFullAttributeName, validateLabelName } from "./device-names.ts";
import { eachLimited, eachUnique } from "./limited.ts";
import { validateToleration } from "./validate-taints.ts";

const LIST_MAX = 32;
const ALTERNATIVES_MAX = 8;
const EXPRESSION_BYTES_MAX = 10 * 1024;
const PARAMETERS_BYTES_MAX = 10 * 1024;

/** The names a claim's requests can be referred to by: `request` and `request/alternative`. */
export function requestNames({ requests }: V1DeviceClaim): ReadonlySet<string> {
  return new Set(
    (requests ?? []).flatMap(({ name, firstAvailable }) => [
      name,
      ...(firstAvailable ?? []).map((alternative) => `${name}/${alternative.name}`),
    ]),
  );
}

export function validateDeviceClaim(claim: V1DeviceClaim | undefined, path: FieldPath): FieldError[] {
  if (!claim) return [];
  const names = requestNames(claim);
  return findings(
    eachUnique(claim.requests, LIST_MAX, path.child("requests"), validateRequest, ({ name }) => name),
    eachLimited(claim.constraints, LIST_MAX, path.child("constraints"), (constraint, at) =>
      validateConstraint(constraint, at, names),
    ),
    eachLimited(claim.config, LIST_MAX, path.child("config"), ({ requests, opaque }, at) => [
      validateRequestNames(requests, at.child("requests"), names),
      validateOpaque(opaque, at.child("opaque")),
    ]),
  );
}

function validateRequest({ name, exactly, firstAvailable }: V1DeviceRequest, path: FieldPath): Finding {
  const hasAlternatives = (firstAvailable ?? []).length > 0;
  const rule = "exactly one of `exactly` or `firstAvailable` is required";
  return [
    validateLabelName(name, path.child("name")),
    !exactly && !hasAlternatives && fieldErrors.required(path, rule),
    exactly && hasAlternatives && fieldErrors.invalid(path, null, `${rule}, but multiple fields are set`),
    exactly && !hasAlternatives && validateAsked(exactly, path.child("exactly")),
    !exactly &&
      eachUnique(
        firstAvailable,
        ALTERNATIVES_MAX,
        path.child("firstAvailable"),
        (alternative, at) => [validateLabelName(alternative.name, at.child("name")), validateAsked(alternative, at)],
        (alternative) => alternative.name,
      ),
  ];
}

type Asked = Omit<V1DeviceSubRequest, "name">;

function validateAsked(asked: Asked, path: FieldPath): Finding {
  const { deviceClassName, allocationMode, count = 0 } = asked;
  const countPath = path.child("count");
  return [
    deviceClassName
      ? invalidTexts(path.child("deviceClassName"), deviceClassName, isDns1123Subdomain(deviceClassName))
      : fieldErrors.required(path.child("deviceClassName")),
    validateSelectors(asked.selectors, path.child("selectors")),
    allocationMode !== "All" &&
      allocationMode !== "ExactCount" &&
      fieldErrors.notSupported(path.child("allocationMode"), allocationMode ?? "", ["All", "ExactCount"]),
    allocationMode === "All" &&
      count !== 0 &&
      fieldErrors.invalid(countPath, count, "must not be specified when allocationMode is 'All'"),
    allocationMode === "ExactCount" && count <= 0 && fieldErrors.invalid(countPath, count, "must be greater than zero"),
    each(asked.tolerations, path.child("tolerations"), validateToleration),
  ];
}

/** What the expressions mean is not checked here. */
export function validateSelectors(selectors: readonly V1DeviceSelector[] | undefined, path: FieldPath): FieldError[] {
  return eachLimited(selectors, LIST_MAX, path, ({ cel }, at) => {
    if (!cel) return fieldErrors.required(at.child("cel"));
    return (
      cel.expression.length > EXPRESSION_BYTES_MAX &&
      fieldErrors.tooLong(at.child("cel", "expression"), EXPRESSION_BYTES_MAX)
    );
  });
}

function validateConstraint(constraint: V1DeviceConstraint, path: FieldPath, names: ReadonlySet<string>): Finding {
  const { requests, matchAttribute, distinctAttribute } = constraint;
  return [
    validateRequestNames(requests, path.child("requests"), names),
    matchAttribute !== undefined
      ? validateFullAttributeName(matchAttribute, path.child("matchAttribute"))
      : distinctAttribute !== undefined
        ? validateFullAttributeName(distinctAttribute, path.child("distinctAttribute"))
        : fieldErrors.required(
            path,
            'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set',
          ),
  ];
}

export function validateRequestNames(
  requests: readonly string[] | undefined,
  path: FieldPath,
  names: ReadonlySet<string>,
): FieldError[] {
  return eachUnique(
    requests,
    LIST_MAX,
    path,
    (name, at) => validateRequestName(name, at, names),
    (name) => name,
  );
}

export function validateRequestName(name: string, path: FieldPath, names: ReadonlySet<string>): FieldError[] {
  const text = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";
  const segments = name.split("/");
  if (segments.length > 2) return [fieldErrors.invalid(path, name, text)];
  return findings(
    ...segments.map((segment) => validateLabelName(segment, path)),
    !names.has(name) && fieldErrors.invalid(path, name, text),
  );
}

export function validateOpaque(opaque: V1OpaqueDeviceConfiguration | undefined, path: FieldPath): FieldError[] {
  if (!opaque) return [fieldErrors.required(path)];
  return findings(
    validateDriverName(opaque.driver, path.child("driver")),
    validateRawObject(opaque.parameters, path.child("parameters"), PARAMETERS_BYTES_MAX),
  );
}

/** Somebody else's object: JSON of a bearable size. */
export function validateRawObject(value: unknown, path: FieldPath, bytesMax: number): FieldError[] {
  if (value === undefined || value === null) return [fieldErrors.required(path)];
  if (JSON.stringify(value).length > bytesMax) return [fieldErrors.tooLong(path, bytesMax)];
  return typeof value === "object" && !Array.isArray(value)
    ? []
    : [fieldErrors.invalid(path, "<value omitted>", "must be a valid JSON object")];
}
