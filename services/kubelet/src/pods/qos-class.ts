import type { V1Container, V1Pod } from "@drydock/kube-api";

/**
 * Guaranteed: every container limits cpu and memory and requests just that. BestEffort: nobody asks for anything. Burstable: the
 * rest. (The API defaults requests to limits, so absent requests with limits count as equal.)
 */
export function computeQosClass(pod: V1Pod): "Guaranteed" | "Burstable" | "BestEffort" {
  const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  if (containers.every((container) => isEmpty(container))) return "BestEffort";
  return containers.every((container) => isGuaranteed(container)) ? "Guaranteed" : "Burstable";
}

const COMPUTE = ["cpu", "memory"] as const;

function isEmpty({ resources }: V1Container): boolean {
  return COMPUTE.every((name) => isZero(resources?.requests?.[name]) && isZero(resources?.limits?.[name]));
}

function isGuaranteed({ resources }: V1Container): boolean {
  return COMPUTE.every((name) => {
    const limit = resources?.limits?.[name];
    const request = resources?.requests?.[name] ?? limit;
    return !isZero(limit) && request === limit;
  });
}

function isZero(quantity: string | undefined): boolean {
  return quantity === undefined || /^[+-]?0*(\.0*)?[a-zA-Z]*$/.test(quantity);
}
