import type { GroupVersionKind, KubeObject } from "@drydock/apimachinery";
import { writeOptions } from "../registry/admitted-options.ts";
import type { Call } from "../registry/call.ts";
import type { ResourceStore } from "../registry/registry.ts";

/** Asks webhooks and policies about what is created at a subresource and stored nowhere: an Eviction, a Binding, a TokenRequest. */
export async function reviewSubresource(
  store: ResourceStore,
  { namespace, name, subresource, context }: Call,
  { group, version, kind }: GroupVersionKind,
  object: KubeObject,
  isDryRun: boolean,
): Promise<void> {
  await store.registry.admission.review({
    operation: "create",
    definition: store.definition,
    subresource,
    namespace,
    name,
    object: undefined,
    oldObject: undefined,
    isDryRun,
    context,
    options: writeOptions("CreateOptions", isDryRun, context),
    view: { kind: { group, version, kind }, object, oldObject: undefined },
  });
}
