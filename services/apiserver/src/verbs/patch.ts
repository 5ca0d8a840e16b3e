import {
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
  badRequest,
  type JsonPatchOperation,
  type KubeObject,
  numbersAfterPatch,
  StatusError,
  unsupportedMediaType,
} from "@drydock/apimachinery";
import { schemaViewOf } from "@drydock/kube-api";
import type { PatchDocument } from "../registry/call.ts";
import type { FieldValidation } from "../registry/call-options.ts";
import type { ResourceDefinition } from "../registry/definition.ts";
import { checkPatchedFields } from "../registry/field-validation.ts";
import { checkKind, keepKind, nameless } from "./patched-kind.ts";

/** Applies one patch document to (a private copy of) an object and checks the result as if a client had sent it. */
export function applyPatch(
  definition: Pick<ResourceDefinition, "schema" | "group" | "version" | "kind" | "custom">,
  current: KubeObject,
  document: PatchDocument,
  fieldValidation: FieldValidation,
  warn: (text: string) => void,
): KubeObject {
  const patched = applyDocument(definition, current, document);
  if (!isObject(patched)) throw badRequest("the patched document is not an object");
  if (document.patchType === "application/strategic-merge-patch+json") keepKind(patched, current);
  else checkKind(definition, patched, current);
  if (!isObject(patched.metadata) || !patched.metadata.name) throw nameless(current);
  return checkPatchedFields(definition, patched, placed(patched, document), fieldValidation, warn);
}

/** The same, its numbers by where they stand now. */
function placed(patched: KubeObject, document: PatchDocument): PatchDocument {
  const { patchType, patch, numbers } = document;
  if (patchType !== "application/json-patch+json" || !numbers || numbers.size === 0) return document;
  return { ...document, numbers: numbersAfterPatch(patched, patch as readonly JsonPatchOperation[], numbers) };
}

function applyDocument(
  { schema, custom }: Pick<ResourceDefinition, "schema" | "custom">,
  current: KubeObject,
  { patchType, patch, numbers }: PatchDocument,
): unknown {
  switch (patchType) {
    case "application/json-patch+json":
      return applyOrRefuse(() => applyJsonPatch(current, patch, numbers));
    case "application/merge-patch+json":
      return applyMergePatch(current, patch);
    case "application/strategic-merge-patch+json":
      if (custom) throw unsupportedMediaType(supportedPatchTypes.filter((type) => type !== patchType));
      return applyStrategicMergePatch(current, patch, schemaViewOf(schema));
    case "application/apply-patch+yaml":
      // Only whole objects are applied; a Scale or the like is not one.
      throw unsupportedMediaType(supportedPatchTypes.filter((type) => type !== patchType));
  }
}

export const supportedPatchTypes = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
] as const;

/** Upstream does not tell what of a JSON patch does not fit. */
function applyOrRefuse(apply: () => unknown): unknown {
  try {
    return apply();
  } catch (error) {
    if (!(error instanceof StatusError) || error.status.code !== 422) throw error;
    const message = "the server rejected our request due to an error in our request";
    throw new StatusError({ ...error.status, message, details: {} });
  }
}

function isObject(value: unknown): value is KubeObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
