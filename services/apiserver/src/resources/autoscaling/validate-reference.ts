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

/** What is scaled must say its API group; of the core group there is one kind that has replicas. */
export function validateTargetVersion(
  { apiVersion = "", kind }: Partial<V2CrossVersionObjectReference> = {},
  path: FieldPath,
): FieldError[] {
  const parts = apiVersion.split("/");
  const why =
    parts.length > 2
      ? `unexpected GroupVersion string: ${apiVersion}`
      : parts.length === 2 && parts[0] !== ""
        ? undefined
        : apiVersion === "v1" && kind === "ReplicationController"
          ? undefined
          : "apiVersion must specify API group";
  return why === undefined ? [] : [fieldErrors.invalid(path.child("apiVersion"), apiVersion, why)];
}
