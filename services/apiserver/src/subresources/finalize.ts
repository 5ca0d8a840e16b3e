import { type FieldError, FieldPath } from "@drydock/apimachinery";
import type { V1Namespace } from "@drydock/kube-api";
import { objectOf } from "../endpoints/call-body.ts";
import { validateFinalizerName } from "../registry/validate-object-meta.ts";
import { restoreField } from "../resources/meta/rules.ts";
import { update } from "../verbs/update.ts";
import { isResource, type Subresource } from "./subresource.ts";

/** How the namespace controller says that a namespace is empty: the only way to change spec.finalizers. */
export const finalize = {
  name: "finalize",
  verbs: ["update"],
  appliesTo: (definition) => isResource(definition, "", "namespaces"),
  async run(_services, store, call) {
    const wanted = objectOf(call);
    const { stored } = await update(store, {
      namespace: "",
      name: call.name,
      subresource: "finalize",
      isDryRun: call.options.dryRun,
      context: call.context,
      mayCreate: "never",
      rules: {
        prepareForUpdate: (object, old) => prepare(object as V1Namespace, old as V1Namespace),
        validateUpdate: (object) => validateSpec(object as V1Namespace),
      },
      next: () => structuredClone(wanted),
    });
    return { kind: "object", code: 200, store, stored };
  },
} satisfies Subresource;

function prepare(object: V1Namespace, old: V1Namespace): void {
  restoreField(object, old, "status");
  if ((object.spec?.finalizers ?? []).length === 0) object.spec = {};
}

function validateSpec({ spec }: V1Namespace): FieldError[] {
  const path = FieldPath.of("spec", "finalizers");
  return (spec?.finalizers ?? []).flatMap((name, index) => validateFinalizerName(name, path.index(index), true));
}
