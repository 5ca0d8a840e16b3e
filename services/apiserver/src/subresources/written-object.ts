import type { KubeObject } from "@drydock/apimachinery";
import { objectOf, patchOf } from "../endpoints/call-body.ts";
import type { Call } from "../registry/call.ts";
import { validatePatchOptions } from "../registry/call-options.ts";
import type { ResourceStore } from "../registry/registry.ts";
import { applyDocument } from "../verbs/apply.ts";
import { applyPatch } from "../verbs/patch.ts";
import type { UpdateRequest } from "../verbs/update.ts";

/** What a PUT or a PATCH of a subresource makes of the whole object. */
export function writtenObject(store: ResourceStore, call: Call): Pick<UpdateRequest, "next" | "isApplied"> {
  if (call.verb === "update") return { next: () => structuredClone(objectOf(call)) };
  const document = patchOf(call);
  const { options, context } = call;
  validatePatchOptions(options, document.patchType);
  if (document.patchType === "application/apply-patch+yaml")
    return { next: (current) => applyDocument(store, call, current, document.patch), isApplied: true };
  return {
    next: (current) =>
      applyPatch(store.definition, current as KubeObject, document, options.fieldValidation, context.warn),
  };
}
