import type { GroupResource, KubeObject } from "@drydock/apimachinery";
import type { V1ScopedResourceSelectorRequirement } from "@drydock/kube-api";
import type { Amounts } from "./amounts.ts";

/** How the objects of one resource count against quotas. */
export interface Evaluator {
  readonly resource: GroupResource;
  /** Those of the names that this evaluator counts. */
  counts(name: string): boolean;
  /** What the object uses of everything that can be counted. */
  usage(object: KubeObject, nowMs: number): Amounts;
  /** Whether the object lies in the scope; objects without scopes are in none. */
  isInScope(object: KubeObject, scope: V1ScopedResourceSelectorRequirement): boolean;
  /** What the object must say and does not, when these names are limited: the end of a sentence, or undefined. */
  omission?(object: KubeObject, limited: ReadonlySet<string>): string | undefined;
  /** Whether the operation can make the object use more, or more of another quota. */
  concerns(
    operation: "create" | "update",
    subresource: string,
    object: KubeObject,
    oldObject: KubeObject | undefined,
  ): boolean;
}

/** `count/deployments.apps`: the name under which any resource's objects can be counted. */
export function objectCountName({ group, resource }: GroupResource): string {
  return group === "" ? `count/${resource}` : `count/${resource}.${group}`;
}

/** Whether text like `vendor.example/gpu` names something that nodes have and Kubernetes itself does not know. */
export function isExtendedResource(name: string): boolean {
  return isForeign(name) && !name.startsWith("requests.");
}

/** As a quota names one. */
export function isExtendedResourceRequest(name: string): boolean {
  return isForeign(name) && name.startsWith("requests.");
}

function isForeign(name: string): boolean {
  return name.includes("/") && !name.includes("kubernetes.io/");
}

/** A label selector's requirement over one value that is there or not. */
export function matchesScopeValue(
  { operator, values = [] }: V1ScopedResourceSelectorRequirement,
  value: string | undefined,
): boolean {
  switch (operator) {
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    default:
      return false;
  }
}
