import { type FieldError, type FieldPath, fieldErrors, isDns1123Label, isQualifiedName } from "@drydock/apimachinery";
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
  return findings(
    validateResourceAmounts(resources ?? {}, path, validateContainerResource),
    validateClaims(resources?.claims, path.child("claims"), claimNames),
  );
}

/** Each is a claim of the pod, or one request of it, once. */
export function validateClaims(
  claims: V1ResourceRequirements["claims"],
  path: FieldPath,
  claimNames: ReadonlySet<string>,
): Finding {
  const known = [...claimNames].sort();
  const why = `must be one of the names in pod.spec.resourceClaims${known.length === 0 ? " which is empty" : `: ${known.join(", ")}`}`;
  const taken = new Set<string>();
  return each(claims, path, ({ name, request }, at) => {
    if (!name) return fieldErrors.required(at);
    const key = request ? `${name}/${request}` : name;
    const isWhole = !request && [...taken].some((other) => other.startsWith(`${name}/`));
    const isTaken = taken.has(name) || taken.has(key) || isWhole;
    const shown = taken.has(name) ? name : key;
    if (!taken.has(name)) taken.add(key);
    return [
      request ? invalidTexts(at.child("request"), request, isDns1123Label(request)) : [],
      isTaken && fieldErrors.duplicate(at, shown),
      !claimNames.has(name) && { ...fieldErrors.notFoundValue(at, name), detail: why },
    ];
  });
}

/** Requests and limits, whose names `judge` judges. */
export function validateResourceAmounts(
  { limits = {}, requests = {} }: V1ResourceRequirements,
  path: FieldPath,
  judge: (name: string, path: FieldPath) => Finding,
): FieldError[] {
  const names = new Set([...Object.keys(limits), ...Object.keys(requests)]);
  const hasHugePages = [...names].some(isHugePages);
  return findings(
    validateAmounts(limits, path.child("limits"), judge),
    validateAmounts(requests, path.child("requests"), judge),
    Object.keys(requests).map((name) => validatePair(name, requests, limits, path)),
    hasHugePages &&
      !names.has("cpu") &&
      !names.has("memory") &&
      fieldErrors.forbidden(path, "HugePages require cpu or memory"),
  );
}

function validateContainerResource(name: string, path: FieldPath): Finding {
  if (name.includes("/"))
    return (
      !isExtendedResource(name) && fieldErrors.invalid(path, name, "doesn't follow extended resource name standard")
    );
  return (
    !isStandardContainerResource(name) && fieldErrors.invalid(path, name, "must be a standard resource for containers")
  );
}

type Amounts = Readonly<Record<string, string>>;

function validateAmounts(
  amounts: Amounts,
  path: FieldPath,
  judge: (name: string, path: FieldPath) => Finding,
): Finding {
  return Object.entries(amounts).map(([name, quantity]) => {
    const at = path.key(name);
    const isWhole = isExtendedResource(name) || isHugePages(name);
    return [
      invalidTexts(at, name, isQualifiedName(name)),
      judge(name, at),
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
