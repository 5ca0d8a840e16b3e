import type { Call } from "../registry/call.ts";
import type { ResourceStore } from "../registry/registry.ts";
import type { Outcome } from "../verbs/outcome.ts";
import { applyPatch } from "../verbs/patch.ts";
import { update } from "../verbs/update.ts";
import { objectOf, patchOf } from "./call-body.ts";

/** Replaces an object or one of its subresources by the call's body; creates it where the kind allows that. */
export async function runUpdate(store: ResourceStore, call: Call): Promise<Outcome> {
  const { namespace, name, options, context } = call;
  const object = objectOf(call);
  const { stored, isNew } = await update(store, {
    namespace,
    name,
    subresource: call.subresource,
    isDryRun: options.dryRun,
    context,
    next: () => structuredClone(object),
    mayCreate: true,
  });
  return { kind: "object", code: isNew ? 201 : 200, store, stored };
}

/** Changes an object or one of its subresources by the call's patch. */
export async function runPatch(store: ResourceStore, call: Call): Promise<Outcome> {
  const { namespace, name, options, context } = call;
  const { patchType, patch } = patchOf(call);
  const { stored } = await update(store, {
    namespace,
    name,
    subresource: call.subresource,
    isDryRun: options.dryRun,
    context,
    next: (current) =>
      applyPatch(
        store.definition,
        current as NonNullable<typeof current>,
        patchType,
        patch,
        options.fieldValidation,
        context.warn,
      ),
    mayCreate: false,
  });
  return { kind: "object", code: 200, store, stored };
}
