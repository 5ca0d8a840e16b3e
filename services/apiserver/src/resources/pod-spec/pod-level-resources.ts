import { type FieldPath, fieldErrors, parseQuantity } from "@drydock/apimachinery";
import type { V1PodSpec } from "@drydock/kube-api";
import { podTotals } from "@drydock/resource-usage";
import { isGreater } from "../meta/quantity-rules.ts";
import { type Finding, findings } from "../meta/rules.ts";
import { isHugePages } from "./resource-names.ts";
import { validateClaims, validateResourceAmounts } from "./validate-resources.ts";

const SUPPORTED = ["cpu", "hugepages-", "memory"];

function isSupported(name: string): boolean {
  return name === "cpu" || name === "memory" || isHugePages(name);
}

/** What the containers ask for, or are held to, together: in any case more than what the pod itself says. */
function ofContainers({ containers, initContainers }: V1PodSpec, part: "requests" | "limits") {
  const spec = { containers: containers ?? [], ...(initContainers && { initContainers }) };
  return [...podTotals(spec, part)].map(([name, amount]) => [name, amount.toString()] as const);
}

/** A pod that says something of itself asks for what its containers do, and is held to huge pages as they are (KEP-2837). Idempotent. */
export function setPodLevelDefaults(spec: V1PodSpec): void {
  const { resources } = spec;
  if (!resources) return;
  const has = (part: "requests" | "limits") => Object.keys(resources[part] ?? {}).length > 0;
  if (!has("limits") && !has("requests")) return;
  for (const [name, amount] of ofContainers(spec, "limits")) {
    if (!isHugePages(name) || resources.requests?.[name] !== undefined) continue;
    resources.limits = { [name]: amount, ...resources.limits };
  }
  if (!has("limits")) return;
  const asked = ofContainers(spec, "requests").filter(([name]) => isSupported(name) && !isHugePages(name));
  const limits = Object.entries(resources.limits ?? {}).filter(([name]) => isSupported(name));
  const requests = { ...Object.fromEntries(limits), ...Object.fromEntries(asked), ...resources.requests };
  if (Object.keys(requests).length > 0) resources.requests = requests;
}

export function validatePodResources(spec: V1PodSpec, path: FieldPath): Finding {
  const { resources } = spec;
  if (!resources) return undefined;
  const at = path.child("resources");
  if (spec.os?.name === "windows") return fieldErrors.forbidden(at, "may not be set for a windows pod");
  const { requests = {}, limits = {}, claims } = resources;
  return findings(
    claims && fieldErrors.forbidden(at.child("claims"), "claims may not be set for Resources at pod-level"),
    validateResourceAmounts(
      resources,
      at,
      (name, where) => !isSupported(name) && fieldErrors.notSupported(where, name, SUPPORTED),
    ),
    validateClaims(claims, at.child("claims"), new Set((spec.resourceClaims ?? []).map(({ name }) => name))),
    ofContainers(spec, "requests").map(
      ([name, amount]) =>
        isGreater(amount, requests[name]) &&
        fieldErrors.invalid(
          at.child("requests").key(name),
          parseQuantity(requests[name] as string).toString(),
          `must be greater than or equal to aggregate container requests of ${amount}`,
        ),
    ),
    ofContainers(spec, "limits").map(
      ([name, amount]) =>
        isHugePages(name) &&
        isGreater(amount, limits[name]) &&
        fieldErrors.invalid(
          at.child("limits").key(name),
          parseQuantity(limits[name] as string).toString(),
          `must be greater than or equal to aggregate container limits of ${amount}`,
        ),
    ),
    (spec.containers ?? []).map((container, index) =>
      Object.entries(container.resources?.limits ?? {}).map(
        ([name, amount]) =>
          isGreater(amount, limits[name]) &&
          fieldErrors.invalid(
            at.child("containers").index(index).key(name).child("limits"),
            parseQuantity(amount).toString(),
            `must be less than or equal to pod limits of ${parseQuantity(limits[name] as string)}`,
          ),
      ),
    ),
  );
}
