import { badRequest } from "@drydock/apimachinery";
import type { Call, PatchDocument } from "../registry/call.ts";
import { type FieldValidation, validatePatchOptions } from "../registry/call-options.ts";
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
  const document = patchOf(call);
  validatePatchOptions(options, document.patchType);
  if (document.patchType === "application/apply-patch+yaml") return runApply(store, call, document);
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
        document,
        options.fieldValidation,
        context.warn,
      ),
    mayCreate: "never",
  });
  return { kind: "object", code: 200, store, stored };
}

async function runApply(store: ResourceStore, call: Call, document: PatchDocument): Promise<Outcome> {
  const { namespace, name, options, context, subresource } = call;
  const strictly = () => checkApplied(document, options.fieldValidation, context.warn);
  const { stored, isNew } = await update(store, {
    namespace,
    name,
    subresource,
    isDryRun: options.dryRun,
    context,
    next: async (current) => {
      const applied = await applyDocument(store, call, current, document.patch);
      strictly();
      return applied;
    },
    isApplied: true,
    mayCreate: "always",
  });
  return { kind: "object", code: isNew ? 201 : 200, store, stored };
}

/** What a strict decoder has against a configuration; upstream asks once the configuration has been applied. */
function checkApplied(
  { complaints = [] }: PatchDocument,
  fieldValidation: FieldValidation,
  warn: (text: string) => void,
): void {
  if (complaints.length > 0 && fieldValidation === "Strict")
    throw badRequest(`error strict decoding YAML: error converting YAML to JSON: ${complaints.join(", ")}`);
  if (fieldValidation === "Warn") complaints.forEach(warn);
}
