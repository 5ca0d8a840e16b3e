import type { V1PodSpec } from "@drydock/kube-api";

/** How readily a pod gives way when its node runs short. */
export function qosClassOf(spec: V1PodSpec | undefined): "Guaranteed" | "Burstable" | "BestEffort" {
  const { requests = {}, limits = {} } = spec?.resources ?? {};
  const isOfPod = Object.keys(requests).length + Object.keys(limits).length > 0;
  // What a pod says of itself is what counts.
  const containers = isOfPod
    ? [{ resources: spec?.resources }]
    : [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  const resources = ["cpu", "memory"] as const;
  const isEmpty = containers.every(({ resources: r }) =>
    resources.every((name) => !r?.requests?.[name] && !r?.limits?.[name]),
  );
  if (isEmpty) return "BestEffort";
  const isGuaranteed = containers.every(({ resources: r }) =>
    resources.every(
      (name) => r?.limits?.[name] !== undefined && r.limits[name] === (r.requests?.[name] ?? r.limits[name]),
    ),
  );
  return isGuaranteed ? "Guaranteed" : "Burstable";
}
