import { isDeepStrictEqual } from "node:util";
import { forbidden } from "@drydock/apimachinery";
import type { V1Pod, V1RuntimeClass } from "@drydock/kube-api";
import type { Registry } from "../registry/registry.ts";
import type { AdmissionPlugin } from "./admission.ts";
import { toldName } from "./told-name.ts";

/** A pod that names a runtime class carries its overhead, and goes where the class can run (KEP-688, KEP-894). */
export function runtimeClass(registry: Registry): AdmissionPlugin {
  const classes = registry.require("node.k8s.io", "v1", "runtimeclasses");
  const find = (pod: V1Pod): V1RuntimeClass | undefined => {
    const name = pod.spec?.runtimeClassName;
    if (!name) return undefined;
    const found = registry.cached<V1RuntimeClass>(classes, "", name);
    if (!found) throw refuse(pod, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`);
    return found;
  };
  return {
    name: "RuntimeClass",
    mutate({ operation, definition, subresource, object }) {
      if (operation !== "create" || definition.kind !== "Pod" || subresource !== "") return;
      const pod = object as V1Pod;
      const found = find(pod);
      if (!found || !pod.spec) return;
      if (found.overhead?.podFixed) {
        if (pod.spec.overhead && !isDeepStrictEqual(pod.spec.overhead, found.overhead.podFixed))
          throw refuse(pod, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
        pod.spec.overhead = { ...found.overhead.podFixed };
      }
      schedule(pod, found);
    },
    validate({ operation, definition, subresource, object }) {
      if (operation !== "create" || definition.kind !== "Pod" || subresource !== "") return;
      const pod = object as V1Pod;
      if (pod.spec?.overhead && !find(pod)?.overhead?.podFixed)
        throw refuse(pod, "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead");
    },
  };
}

function schedule(pod: V1Pod, { scheduling }: V1RuntimeClass): void {
  if (!scheduling || !pod.spec) return;
  const own = pod.spec.nodeSelector ?? {};
  const selector = { ...own };
  for (const [key, value] of Object.entries(scheduling.nodeSelector ?? {})) {
    if (own[key] !== undefined && own[key] !== value)
      throw refuse(
        pod,
        `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own[key]}`,
      );
    selector[key] = value;
  }
  if (Object.keys(selector).length > 0) pod.spec.nodeSelector = selector;
  const present = pod.spec.tolerations ?? [];
  const added = (scheduling.tolerations ?? []).filter((one) => !present.some((other) => isDeepStrictEqual(one, other)));
  if (added.length > 0) pod.spec.tolerations = [...present, ...added];
}

function refuse(pod: V1Pod, reason: string) {
  return forbidden({ group: "", resource: "pods" }, toldName(pod.metadata), reason);
}
