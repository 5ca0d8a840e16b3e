import { type FieldError, type FieldPath, fieldErrors, isQualifiedName } from "@drydock/apimachinery";
import type { V1ContainerResizePolicy, V1ResourceRequirements } from "@drydock/kube-api";
import {
  isGreater,
  isSameQuantity,
  validateIntegerQuantity,
  validateNonNegativeQuantity,
} from "../meta/quantity-rules.ts";
import { duplicates, each, type Finding, findings, invalidTexts, requiredOneOf } from "../meta/rules.ts";
import { isExtendedResource, isHugePages, isStandardContainerResource } from "./resource-names.ts";

/** What a container may and must have; `claimNames` are the pod's resource claims. */
export function validateResources(
  resources: V1ResourceRequirements | undefined,
  path: FieldPath,
  claimNames: ReadonlySet<string>,
): FieldError[] {
  const { limits = {}, requests = {}, claims } = resources ?? {};
  const names = new Set([...Object.keys(limits), ...Object.keys(requests)]);
  const hasHugePages = [...names].some(isHugePages);
  return findings(
    validateAmounts(limits, path.child("limits")),
    validateAmounts(requests, path.child("requests")),
    Object.keys(requests).map((name) => validatePair(name, requests, limits, path)),
    hasHugePages &&
      !names.has("cpu") &&
      !names.has("memory") &&
      fieldErrors.forbidden(path, "HugePages require cpu or memory"),
    each(claims, path.child("claims"), ({ name }, at) => [
      name
        ? !claimNames.has(name) && fieldErrors.notFoundValue(at.child("name"), name)
        : fieldErrors.required(at.child("name")),
    ]),
    duplicates(
      claims,
      (index) => path.child("claims").index(index),
      ({ name, request }) => (request ? `${name}/${request}` : name),
    ),
  );
}

type Amounts = Readonly<Record<string, string>>;

function validateAmounts(amounts: Amounts, path: FieldPath): Finding {
  return Object.entries(amounts).map(([name, quantity]) => {
    const at = path.key(name);
    const isWhole = isExtendedResource(name) || isHugePages(name);
    return [
      invalidTexts(at, name, isQualifiedName(name)),
      name.includes("/")
        ? !isExtendedResource(name) && fieldErrors.invalid(at, name, "doesn't follow extended resource name standard")
        : !isStandardContainerResource(name) &&
          fieldErrors.invalid(at, name, "must be a standard resource for containers"),
      validateNonNegativeQuantity(quantity, at),
      isWhole && validateIntegerQuantity(quantity, at),
    ];
  });
}

/** A request is no more than the limit; of what cannot be shared it is the limit. */
function validatePair(name: string, requests: Amounts, limits: Amounts, path: FieldPath): Finding {
  const at = path.child("requests");
  const [request, limit] = [requests[name], limits[name]];
  const isShared = !isHugePages(name) && !isExtendedResource(name);
  if (limit === undefined)
    return (
      !isShared && fieldErrors.required(path.child("limits"), "Limit must be set for non overcommitable resources")
    );
  if (!isShared && !isSameQuantity(request, limit))
    return fieldErrors.invalid(at, request, `must be equal to ${name} limit of ${limit}`);
  return (
    isShared &&
    isGreater(request, limit) &&
    fieldErrors.invalid(at, request, `must be less than or equal to ${name} limit of ${limit}`)
  );
}

export function validateResizePolicy(
  policies: readonly V1ContainerResizePolicy[] | undefined,
  path: FieldPath,
): FieldError[] {
  return findings(
    each(policies, path, ({ resourceName, restartPolicy }) => [
      requiredOneOf(path, resourceName, ["cpu", "memory"]),
      requiredOneOf(path, restartPolicy, ["NotRequired", "RestartContainer"]),
    ]),
    duplicates(
      policies,
      (index) => path.index(index),
      ({ resourceName }) => resourceName,
    ),
  );
}
