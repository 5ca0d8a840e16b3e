import { parseQuantity } from "@drydock/apimachinery";
import type { V1Container, V1Pod, V1ResourceFieldSelector } from "@drydock/kube-api";

/** What the node knows of a pod beyond its spec when a field is asked for. */
export interface DownwardContext {
  readonly podIp: string;
  readonly hostIp: string;
  readonly nodeName: string;
  /** The node's capacity, which limits default to. */
  readonly allocatable: { readonly cpu: string; readonly memory: string };
}

/** The value of a `fieldRef`, or undefined when the path is not one that containers may see. */
export function podFieldValue(pod: V1Pod, path: string, context: DownwardContext): string | undefined {
  const subscript = /^metadata\.(labels|annotations)\['([^']*)'\]$/.exec(path);
  if (subscript) return pod.metadata[subscript[1] as "labels" | "annotations"]?.[subscript[2] as string] ?? "";
  const values: Record<string, () => string> = {
    "metadata.name": () => pod.metadata.name,
    "metadata.namespace": () => pod.metadata.namespace ?? "",
    "metadata.uid": () => pod.metadata.uid ?? "",
    "metadata.labels": () => formatMap(pod.metadata.labels),
    "metadata.annotations": () => formatMap(pod.metadata.annotations),
    "spec.nodeName": () => context.nodeName,
    "spec.serviceAccountName": () => pod.spec?.serviceAccountName ?? "",
    "status.podIP": () => context.podIp,
    "status.podIPs": () => context.podIp,
    "status.hostIP": () => context.hostIp,
    "status.hostIPs": () => context.hostIp,
  };
  return values[path]?.();
}

/** The value of a `resourceFieldRef` of `container`, in units of the divisor, rounded up. Undefined for an unknown resource. */
export function resourceFieldValue(
  container: V1Container,
  selector: V1ResourceFieldSelector,
  context: DownwardContext,
): string | undefined {
  const match = /^(limits|requests)\.(cpu|memory|ephemeral-storage)$/.exec(selector.resource);
  if (!match) return undefined;
  const [, kind, resource] = match as unknown as [string, "limits" | "requests", string];
  const fallback = kind === "limits" ? context.allocatable[resource as "cpu" | "memory"] : "0";
  const quantity = parseQuantity(container.resources?.[kind]?.[resource] ?? fallback ?? "0");
  const divisor = parseQuantity(!selector.divisor || selector.divisor === "0" ? "1" : selector.divisor);
  return String(Math.ceil(quantity.milliValue() / divisor.milliValue()));
}

/** One `key="value"` a line, sorted, values quoted as Go's %q does for plain text. */
function formatMap(map: Readonly<Record<string, string>> | undefined): string {
  return Object.keys(map ?? {})
    .sort()
    .map((key) => `${key}=${JSON.stringify(map?.[key])}`)
    .join("\n");
}
