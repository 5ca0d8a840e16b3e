import type { Call } from "../registry/call.ts";
import { validatePatchOptions } from "../registry/call-options.ts";
import type { ResourceStore } from "../registry/registry.ts";
import { applyDocument } from "../verbs/apply.ts";
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
    mayCreate: "if-kind-allows",
  });
  return { kind: "object", code: isNew ? 201 : 200, store, stored };
}

/** Changes an object or one of its subresources by the call's patch. */
export async function runPatch(store: ResourceStore, call: Call): Promise<Outcome> {
  const { namespace, name, options, context } = call;
  const { patchType, patch } = patchOf(call);
  validatePatchOptions(options, patchType);
  if (patchType === "application/apply-patch+yaml") return runApply(store, call, patch);
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
    mayCreate: "never",
  });
  return { kind: "object", code: 200, store, stored };
}

async function runApply(store: ResourceStore, call: Call, document: unknown): Promise<Outcome> {
  const { namespace, name, options, context, subresource } = call;
  const { stored, isNew } = await update(store, {
    namespace,
    name,
    subresource,
    isDryRun: options.dryRun,
    context,
    next: (current) => applyDocument(store, call, current, document),
    isApplied: true,
    mayCreate: "always",
  });
  return { kind: "object", code: isNew ? 201 : 200, store, stored };
}
