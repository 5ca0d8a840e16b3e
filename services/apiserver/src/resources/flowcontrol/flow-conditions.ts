import { type FieldError, FieldPath, fieldErrors } from "@drydock/apimachinery";
import { duplicates, each, findings } from "../meta/rules.ts";

/** Of both kinds that steer requests. */
export function validateFlowConditions(conditions: readonly { readonly type?: string }[] | undefined): FieldError[] {
  const path = FieldPath.of("status", "conditions");
  return findings(
    each(conditions, path, ({ type }, at) => !type && fieldErrors.required(at.child("type"))),
    duplicates(
      conditions,
      (index) => path.index(index).child("type"),
      ({ type }) => type,
    ),
  );
}
