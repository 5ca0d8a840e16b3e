import type { V1Service } from "@drydock/kube-api";
import { type Amounts, units } from "./amounts.ts";
import { type Evaluator, objectCountName } from "./evaluator.ts";

const resource = { group: "", resource: "services" };
const COUNT = objectCountName(resource);
const NAMES = [COUNT, "services", "services.nodeports", "services.loadbalancers"];

export const serviceEvaluator: Evaluator = {
  resource,
  counts: (name) => NAMES.includes(name),
  usage: (object) => serviceUsage(object as V1Service),
  isInScope: () => false,
  concerns: (_operation, subresource) => subresource === "",
};

function serviceUsage({ spec }: V1Service): Amounts {
  const isBalanced = spec?.type === "LoadBalancer";
  return new Map([
    [COUNT, units(1)],
    ["services", units(1)],
    ["services.nodeports", units(nodePorts(spec))],
    ["services.loadbalancers", units(isBalanced ? 1 : 0)],
  ]);
}

function nodePorts(spec: V1Service["spec"]): number {
  const ports = spec?.ports ?? [];
  if (spec?.type === "NodePort") return ports.length;
  if (spec?.type !== "LoadBalancer") return 0;
  return spec.allocateLoadBalancerNodePorts === false ? ports.filter(({ nodePort }) => nodePort).length : ports.length;
}
