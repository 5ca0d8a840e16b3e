import { forbidden } from "@drydock/apimachinery";
import type { V1Pod, V1PriorityClass } from "@drydock/kube-api";
import type { Registry, ResourceStore } from "../registry/registry.ts";
import type { AdmissionPlugin } from "./admission.ts";
import { toldName } from "./told-name.ts";

/** Resolves a pod's priority class to its number. */
export function priority(registry: Registry): AdmissionPlugin {
  const classes = registry.require("scheduling.k8s.io", "v1", "priorityclasses");
  return {
    name: "Priority",
    mutate({ operation, definition, subresource, object }) {
      if (operation !== "create" || definition.kind !== "Pod" || subresource !== "") return;
      const { spec, metadata } = object as V1Pod;
      if (!spec) return;
      const found = spec.priorityClassName
        ? registry.cached<V1PriorityClass>(classes, "", spec.priorityClassName)
        : globalDefault(classes);
      if (spec.priorityClassName && !found) {
        throw forbidden(
          { group: "", resource: "pods" },
          toldName(metadata),
          `no PriorityClass with name ${spec.priorityClassName} was found`,
        );
      }
      const value = found?.value ?? 0;
      if (spec.priority !== undefined && spec.priority !== value) {
        throw forbidden(
          { group: "", resource: "pods" },
          toldName(metadata),
          `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
        );
      }
      if (found && !spec.priorityClassName) spec.priorityClassName = found.metadata.name;
      spec.priority = value;
      spec.preemptionPolicy ??= found?.preemptionPolicy ?? "PreemptLowerPriority";
    },
  };
}

function globalDefault(classes: ResourceStore): V1PriorityClass | undefined {
  for (const { object } of classes.cache.scan())
    if ((object as V1PriorityClass).globalDefault) return object as V1PriorityClass;
  return undefined;
}
