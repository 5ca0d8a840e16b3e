import type { V1Container, V1PodSpec } from "@drydock/kube-api";
import { type Amounts, largerAmounts, none, parseAmounts, sumAmounts } from "./amounts.ts";

/**
 * What a pod as a whole asks for, or is held to (KEP-753): its containers together with the sidecars, or an init container with the sidecars started
 * before it, whichever is more, unless the pod itself says (KEP-2837); and the overhead of its runtime.
 */
export function podTotals(spec: V1PodSpec, part: "requests" | "limits"): Amounts {
  const of = (container: V1Container) => parseAmounts(container.resources?.[part]);
  let together: Amounts = sumAmounts(spec.containers.map(of));
  let sidecars: Amounts = none;
  let before: Amounts = none;
  for (const container of spec.initContainers ?? []) {
    const own = of(container);
    if (container.restartPolicy === "Always") {
      together = sumAmounts([together, own]);
      sidecars = sumAmounts([sidecars, own]);
      before = largerAmounts(before, sidecars);
    } else before = largerAmounts(before, sumAmounts([sidecars, own]));
  }
  const ofPod = parseAmounts(spec.resources?.[part]);
  const whole = new Map([...largerAmounts(together, before), ...ofPod]);
  const overhead = parseAmounts(spec.overhead);
  // A limit that nobody has set is none, whatever the runtime needs.
  const added = part === "limits" ? new Map([...overhead].filter(([name]) => whole.has(name))) : overhead;
  return sumAmounts([whole, added]);
}
