import { forbidden, notFound } from "@drydock/apimachinery";
import type { V1Namespace } from "@drydock/kube-api";
import { keyOf, type Registry } from "../registry/registry.ts";
import type { AdmissionPlugin } from "./admission.ts";

const IMMORTAL = new Set(["default", "kube-system", "kube-public"]);

/** Nothing is made in a namespace that does not exist or is going; the system's own namespaces stay. */
export function namespaceLifecycle(registry: Registry): AdmissionPlugin {
  const namespaces = registry.require("", "v1", "namespaces");
  return {
    name: "NamespaceLifecycle",
    async mutate({ operation, definition, namespace }) {
      if (operation !== "create" || !definition.isNamespaced) return;
      if (registry.cached(namespaces, "", namespace)) return;
      // It may have been made a moment ago: ask the store before saying no.
      const { kv } = await registry.ports.storage.get(keyOf(namespaces.definition, "", namespace));
      if (!kv) throw notFound(namespaces.groupResource, namespace);
    },
    validate({ operation, definition, namespace, name, object }) {
      if (operation === "delete" && definition.kind === "Namespace" && IMMORTAL.has(name)) {
        throw forbidden(namespaces.groupResource, name, "this namespace may not be deleted");
      }
      if (operation !== "create" || !definition.isNamespaced) return;
      const found = registry.cached<V1Namespace>(namespaces, "", namespace);
      if (found?.metadata.deletionTimestamp === undefined) return;
      const resource = { group: definition.group, resource: definition.resource };
      throw forbidden(
        resource,
        object?.metadata.name ?? name,
        `unable to create new content in namespace ${namespace} because it is being terminated`,
      );
    },
  };
}
