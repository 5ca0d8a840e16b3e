import { type FieldError, type FieldPath, fieldErrors, isPathSegmentName } from "@drydock/apimachinery";
import type { V2CrossVersionObjectReference } from "@drydock/kube-api";
import { findings, invalidTexts } from "../meta/rules.ts";

export function validateReference(reference: V2CrossVersionObjectReference | undefined, path: FieldPath): FieldError[] {
  return findings(
    (["kind", "name"] as const).map((field) => {
      const value = reference?.[field];
      const at = path.child(field);
      return value ? invalidTexts(at, value, isPathSegmentName(value)) : fieldErrors.required(at);
    }),
  );
}
