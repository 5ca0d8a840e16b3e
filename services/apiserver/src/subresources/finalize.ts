import type { KubeObject } from "@drydock/apimachinery";
import { objectOf } from "../endpoints/call-body.ts";
import { update } from "../verbs/update.ts";
import { isResource, type Subresource } from "./subresource.ts";

interface Namespace extends KubeObject {
  spec?: { finalizers?: string[] };
}

/** How the namespace controller says that a namespace is empty: the only way to change spec.finalizers. */
export const finalize = {
  name: "finalize",
  verbs: ["update"],
  appliesTo: (definition) => isResource(definition, "", "namespaces"),
  async run(_services, store, call) {
    const wanted = objectOf(call) as Namespace;
    const { stored } = await update(store, {
      namespace: "",
      name: call.name,
      subresource: "finalize",
      isDryRun: call.options.dryRun,
      context: call.context,
      mayCreate: "never",
      rules: { prepareForUpdate: () => {}, validateUpdate: () => [] },
      next: (current) => {
        const namespace = current as Namespace;
        if (wanted.metadata.resourceVersion) namespace.metadata.resourceVersion = wanted.metadata.resourceVersion;
        const finalizers = wanted.spec?.finalizers ?? [];
        namespace.spec = finalizers.length > 0 ? { ...namespace.spec, finalizers } : {};
        return namespace;
      },
    });
    return { kind: "object", code: 200, store, stored };
  },
} satisfies Subresource;
