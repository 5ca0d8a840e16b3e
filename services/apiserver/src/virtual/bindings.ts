import { objectOf } from "../endpoints/call-body.ts";
import type { Registry } from "../registry/registry.ts";
import { bindPod } from "../subresources/binding.ts";
import type { VirtualResource } from "./virtual-resource.ts";

/** The older place for what is now a subresource of the pod; the body names it. */
export function createBindings(registry: Registry): VirtualResource {
  return {
    definition: {
      group: "",
      version: "v1",
      resource: "bindings",
      singular: "binding",
      kind: "Binding",
      isNamespaced: true,
      schema: "io.k8s.api.core.v1.Binding",
      isPlain: true,
    },
    run: (call) => bindPod(registry.require("", "v1", "pods"), { ...call, name: objectOf(call).metadata.name }),
  };
}
