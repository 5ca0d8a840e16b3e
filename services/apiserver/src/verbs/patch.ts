import {
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
  badRequest,
  type KubeObject,
  unsupportedMediaType,
} from "@drydock/apimachinery";
import { schemaViewOf } from "@drydock/kube-api";
import type { PatchDocument } from "../registry/call.ts";
import type { FieldValidation } from "../registry/call-options.ts";
import type { ResourceDefinition } from "../registry/definition.ts";
import { checkPatchedFields } from "../registry/field-validation.ts";

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
  // A patch may name the kind, but not change it.
  patched.apiVersion = current.apiVersion;
  patched.kind = current.kind;
  const checked = checkPatchedFields(definition, patched, document, fieldValidation, warn);
  checked.metadata ??= { name: "" };
  return checked;
}

function applyDocument(
  { schema, custom }: Pick<ResourceDefinition, "schema" | "custom">,
  current: KubeObject,
  { patchType, patch }: PatchDocument,
): unknown {
  switch (patchType) {
    case "application/json-patch+json":
      return applyJsonPatch(current, patch);
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

function isObject(value: unknown): value is KubeObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
