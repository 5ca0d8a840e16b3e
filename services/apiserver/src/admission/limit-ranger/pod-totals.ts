import { parseQuantity, type Quantity } from "@drydock/apimachinery";
import type { V1Container, V1PodSpec } from "@drydock/kube-api";

export type Totals = ReadonlyMap<string, Quantity>;

/**
 * What a pod as a whole asks for, or is held to (KEP-753): its containers together with the sidecars, or an init container with the sidecars started
 * before it, whichever is more; and the overhead of its runtime.
 */
export function totalsOf(spec: V1PodSpec, part: "requests" | "limits"): Totals {
  const of = (container: V1Container) => parsed(container.resources?.[part]);
  let together: Totals = sum(spec.containers.map(of));
  let sidecars: Totals = new Map();
  let before: Totals = new Map();
  for (const container of spec.initContainers ?? []) {
    const own = of(container);
    if (container.restartPolicy === "Always") {
      together = sum([together, own]);
      sidecars = sum([sidecars, own]);
      before = larger(before, sidecars);
    } else before = larger(before, sum([sidecars, own]));
  }
  const whole = larger(together, before);
  const overhead = parsed(spec.overhead);
  // A limit that nobody has set is none, whatever the runtime needs.
  const added = part === "limits" ? new Map([...overhead].filter(([name]) => whole.has(name))) : overhead;
  return sum([whole, added]);
}

export function parsed(list: Readonly<Record<string, string>> | undefined): Totals {
  return new Map(Object.entries(list ?? {}).map(([name, text]) => [name, parseQuantity(text)]));
}

function sum(all: readonly Totals[]): Totals {
  const result = new Map<string, Quantity>();
  for (const totals of all)
    for (const [name, value] of totals) {
      const present = result.get(name);
      result.set(name, present ? present.add(value) : value);
    }
  return result;
}

function larger(a: Totals, b: Totals): Totals {
  const result = new Map(a);
  for (const [name, value] of b) {
    const present = result.get(name);
    if (!present || present.compare(value) < 0) result.set(name, value);
  }
  return result;
}
