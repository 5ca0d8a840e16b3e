import { forbidden, type KubeObject } from "@drydock/apimachinery";
import type { V1Container, V1LimitRange, V1LimitRangeItem, V1PersistentVolumeClaim, V1Pod } from "@drydock/kube-api";
import { parseAmounts, podTotals } from "@drydock/resource-usage";
import type { Registry } from "../../registry/registry.ts";
import type { AdmissionPlugin, AdmissionRequest } from "../admission.ts";
import { breachesOf, requestBreachesOf } from "./constraints.ts";

const ANNOTATION = "kubernetes.io/limit-ranger";

/** Gives containers what their namespace's LimitRanges have as defaults, and refuses pods and claims that lie outside of them. */
export function limitRanger(registry: Registry): AdmissionPlugin {
  const ranges = registry.require("", "v1", "limitranges");
  const itemsIn = (namespace: string): V1LimitRangeItem[] =>
    [...ranges.cache.scan()]
      .map(({ object }) => object as V1LimitRange)
      .filter(({ metadata }) => metadata.namespace === namespace)
      .flatMap(({ spec }) => spec?.limits ?? []);
  return {
    name: "LimitRanger",
    mutate(request) {
      if (request.operation === "create" && isOf(request, "Pod"))
        setDefaults(request.object as V1Pod, itemsIn(request.namespace));
    },
    validate(request) {
      const { object, definition, namespace, name } = request;
      // Containers cannot change their resources by an update; a resize is one all the same.
      const isPod = isOf(request, "Pod") && request.operation === "create";
      const isResize = definition.kind === "Pod" && request.subresource === "resize";
      const isClaim = isOf(request, "PersistentVolumeClaim") && request.operation !== "delete";
      if (!object || !(isPod || isResize || isClaim)) return;
      const items = itemsIn(namespace);
      const breaches = isClaim ? breachesOfClaim(object, items) : breachesOfPod(object, items);
      if (breaches.length === 0) return;
      const text = breaches.length === 1 ? String(breaches[0]) : `[${breaches.join(", ")}]`;
      throw forbidden({ group: "", resource: definition.resource }, name || object.metadata.name, text);
    },
  };
}

function isOf({ definition, subresource }: AdmissionRequest, kind: string): boolean {
  return definition.group === "" && definition.kind === kind && subresource === "";
}

function breachesOfPod({ spec }: V1Pod, items: readonly V1LimitRangeItem[]): string[] {
  if (!spec) return [];
  const containers = [...spec.containers, ...(spec.initContainers ?? [])];
  return items.flatMap((item) => {
    if (item.type === "Container")
      return containers.flatMap(({ resources }) =>
        breachesOf(item, parseAmounts(resources?.requests), parseAmounts(resources?.limits)),
      );
    return item.type === "Pod" ? breachesOf(item, podTotals(spec, "requests"), podTotals(spec, "limits")) : [];
  });
}

function breachesOfClaim({ spec }: KubeObject & V1PersistentVolumeClaim, items: readonly V1LimitRangeItem[]): string[] {
  return items
    .filter(({ type }) => type === "PersistentVolumeClaim")
    .flatMap((item) => requestBreachesOf(item, parseAmounts(spec?.resources?.requests)));
}

/** What was given is told in an annotation, in upstream's words. */
function setDefaults(pod: V1Pod, items: readonly V1LimitRangeItem[]): void {
  const ofContainers = items.filter(({ type }) => type === "Container");
  const merged = (part: "default" | "defaultRequest"): Record<string, string> =>
    Object.assign({}, ...ofContainers.map((item) => item[part] ?? {}));
  const [limits, requests] = [merged("default"), merged("defaultRequest")];
  const told: string[] = [];
  for (const [what, containers] of [
    ["container", pod.spec?.containers],
    ["init container", pod.spec?.initContainers],
  ] as const)
    for (const container of containers ?? [])
      for (const [part, defaults] of [
        ["requests", requests],
        ["limits", limits],
      ] as const) {
        const names = fillIn(container, part, defaults);
        if (names.length > 0) told.push(`${names.join(", ")} ${part.slice(0, -1)} for ${what} ${container.name}`);
      }
  if (told.length === 0) return;
  pod.metadata.annotations = {
    ...pod.metadata.annotations,
    [ANNOTATION]: `LimitRanger plugin set: ${told.join("; ")}`,
  };
}

/** The names that were missing, in order. */
function fillIn(container: V1Container, part: "requests" | "limits", defaults: Record<string, string>): string[] {
  const present = container.resources?.[part] ?? {};
  const missing = Object.keys(defaults).filter((name) => present[name] === undefined);
  if (missing.length === 0) return [];
  const added = Object.fromEntries(missing.map((name) => [name, defaults[name] as string]));
  container.resources = { ...container.resources, [part]: { ...present, ...added } };
  return missing.sort();
}
