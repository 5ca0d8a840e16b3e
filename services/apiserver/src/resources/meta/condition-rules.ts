import { type FieldError, type FieldPath, fieldErrors, isQualifiedName } from "@drydock/apimachinery";
import type { V1Condition } from "@drydock/kube-api";
import { duplicates, each, findings, invalidTexts, nonNegative, optionalOneOf } from "./rules.ts";

const REASON = /^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/;
const REASON_MESSAGE =
  "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?')";
const REASON_BYTES_MAX = 1024;
const MESSAGE_BYTES_MAX = 32 * 1024;

/** The rules of metav1.Condition. */
export function validateConditions(conditions: readonly V1Condition[] | undefined, path: FieldPath): FieldError[] {
  return findings(
    duplicates(
      conditions,
      (index) => path.index(index).child("type"),
      ({ type }) => type,
    ),
    each(conditions, path, ({ type, status, observedGeneration, lastTransitionTime, reason, message }, at) => [
      invalidTexts(at.child("type"), type, isQualifiedName(type ?? "")),
      optionalOneOf(at.child("status"), status ?? "", ["False", "True", "Unknown"]),
      nonNegative(observedGeneration, at.child("observedGeneration")),
      !lastTransitionTime && fieldErrors.required(at.child("lastTransitionTime"), "must be set"),
      (reason?.length ?? 0) > REASON_BYTES_MAX && fieldErrors.tooLong(at.child("reason"), REASON_BYTES_MAX),
      reason
        ? !REASON.test(reason) && fieldErrors.invalid(at.child("reason"), reason, REASON_MESSAGE)
        : fieldErrors.required(at.child("reason")),
      (message?.length ?? 0) > MESSAGE_BYTES_MAX && fieldErrors.tooLong(at.child("message"), MESSAGE_BYTES_MAX),
    ]),
  );
}
