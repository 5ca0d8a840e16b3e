import { type FieldError, FieldPath, fieldErrors } from "@drydock/apimachinery";
import type { V1ServiceSpec } from "@drydock/kube-api";
import { needsHealthCheck } from "../resources/core/service.ts";
import { PortSet, rangeText } from "./port-set.ts";

/** What a Service gets; `ports` by the index of its ports, undefined where there is none. */
export interface NodePortPlan {
  readonly ports: readonly (number | undefined)[];
  readonly healthCheckNodePort: number | undefined;
  /** What it did not have before: to be given back when the write does not happen. */
  readonly taken: readonly number[];
}

export type PlannedNodePorts = NodePortPlan | { readonly invalid: FieldError } | { readonly failure: string };

const FULL = "range is full";

/** The node ports of a Service when `taken` are taken. Those it had before, it keeps. */
export function planNodePorts(
  spec: V1ServiceSpec,
  old: V1ServiceSpec | undefined,
  taken: PortSet,
  random: (below: number) => number,
): PlannedNodePorts {
  const grants = new Grants(new Set(nodePortsOf(old)), new PortSet(taken.range, taken), random);
  const wanted = needsHealthCheck(spec) && spec.healthCheckNodePort;
  // What is asked for by number comes before anything is drawn.
  const invalid = claimPorts(spec, grants);
  if (invalid) return { invalid };
  const why = wanted ? grants.claim(wanted) : undefined;
  if (why) return { failure: `failed to allocate requested HealthCheck NodePort ${wanted}: ${why}` };
  const ports = drawPorts(spec, grants);
  if (!ports) return { failure: `failed to allocate a nodePort: ${FULL}` };
  const healthCheckNodePort = wanted || (needsHealthCheck(spec) ? grants.draw() : undefined);
  if (needsHealthCheck(spec) && healthCheckNodePort === undefined)
    return { failure: `failed to allocate a HealthCheck NodePort 0: ${FULL}` };
  return { ports, healthCheckNodePort, taken: grants.granted };
}

function claimPorts(spec: V1ServiceSpec, grants: Grants): FieldError | undefined {
  if (!hasNodePorts(spec)) return undefined;
  for (const [index, { nodePort }] of (spec.ports ?? []).entries()) {
    const why = nodePort ? grants.claim(nodePort) : undefined;
    if (why)
      return fieldErrors.invalid(FieldPath.of("spec", "ports").index(index).child("nodePort"), nodePort ?? 0, why);
  }
  return undefined;
}

/** Ports of one number and several protocols share a node port, unless they say otherwise. Undefined when there are no more. */
function drawPorts(spec: V1ServiceSpec, grants: Grants): (number | undefined)[] | undefined {
  const { type, allocateLoadBalancerNodePorts, ports = [] } = spec;
  const isDrawn = type === "NodePort" || (type === "LoadBalancer" && allocateLoadBalancerNodePorts !== false);
  const byPort = new Map<number, number>();
  for (const { port, nodePort } of ports) if (nodePort && !byPort.has(port)) byPort.set(port, nodePort);
  const drawn: (number | undefined)[] = [];
  for (const { port, nodePort } of ports) {
    const given = nodePort || !isDrawn ? nodePort || undefined : (byPort.get(port) ?? grants.draw());
    if (given === undefined && isDrawn) return undefined;
    if (given !== undefined && !byPort.has(port)) byPort.set(port, given);
    drawn.push(given);
  }
  return drawn;
}

/** What one Service is given. */
class Grants {
  readonly granted: number[] = [];
  readonly #own: ReadonlySet<number>;
  readonly #taken: PortSet;
  readonly #random: (below: number) => number;

  constructor(own: ReadonlySet<number>, taken: PortSet, random: (below: number) => number) {
    this.#own = own;
    this.#taken = taken;
    this.#random = random;
  }

  /** Why this port cannot be had; undefined when it is given. */
  claim(port: number): string | undefined {
    if (this.#own.has(port) || this.granted.includes(port)) return undefined;
    if (!this.#taken.contains(port))
      return `provided port is not in the valid range. The range of valid ports is ${rangeText(this.#taken.range)}`;
    if (this.#taken.has(port)) return "provided port is already allocated";
    this.#give(port);
    return undefined;
  }

  /** Undefined when there are no more. */
  draw(): number | undefined {
    const port = this.#taken.draw(this.#random);
    if (port !== undefined) this.#give(port);
    return port;
  }

  #give(port: number): void {
    this.#taken.add(port);
    this.granted.push(port);
  }
}

/** Every node port that a Service holds. */
export function nodePortsOf(spec: V1ServiceSpec | undefined): number[] {
  const ports = (spec?.ports ?? []).flatMap(({ nodePort }) => nodePort || []);
  return [...new Set([...ports, ...(spec?.healthCheckNodePort ? [spec.healthCheckNodePort] : [])])];
}

export function hasNodePorts(spec: V1ServiceSpec | undefined): boolean {
  return spec?.type === "NodePort" || spec?.type === "LoadBalancer";
}
