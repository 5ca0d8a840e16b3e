import { type FieldError, FieldPath, fieldErrors, invalid } from "@drydock/apimachinery";
import type { CallOptions } from "../registry/call-options.ts";

/** The combinations of list and watch options that the API forbids, in upstream's words (ValidateListOptions). */
export function assertListOptions(options: CallOptions): void {
  const errors = options.watch ? watchErrors(options) : listErrors(options);
  if (errors.length > 0) throw invalid({ group: "meta.k8s.io", kind: "ListOptions" }, "", errors);
}

const match = FieldPath.of("resourceVersionMatch");

function listErrors(options: CallOptions): FieldError[] {
  const errors: FieldError[] = [];
  const { resourceVersion, resourceVersionMatch } = options;
  if (resourceVersionMatch !== "") {
    if (resourceVersion === "")
      errors.push(fieldErrors.forbidden(match, "resourceVersionMatch is forbidden unless resourceVersion is provided"));
    if (options.continue !== "")
      errors.push(fieldErrors.forbidden(match, "resourceVersionMatch is forbidden when continue is provided"));
    if (resourceVersionMatch !== "Exact" && resourceVersionMatch !== "NotOlderThan")
      errors.push(fieldErrors.notSupported(match, resourceVersionMatch, ["Exact", "NotOlderThan", ""]));
    if (resourceVersionMatch === "Exact" && resourceVersion === "0")
      errors.push(fieldErrors.forbidden(match, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
  }
  if (options.sendInitialEvents !== undefined)
    errors.push(fieldErrors.forbidden(FieldPath.of("sendInitialEvents"), "sendInitialEvents is forbidden for list"));
  return errors;
}

function watchErrors({ sendInitialEvents, resourceVersionMatch, continue: token }: CallOptions): FieldError[] {
  const errors: FieldError[] = [];
  if (sendInitialEvents !== undefined && resourceVersionMatch !== "NotOlderThan")
    errors.push(
      fieldErrors.forbidden(match, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"),
    );
  if (resourceVersionMatch === "") return errors;
  if (sendInitialEvents === undefined)
    errors.push(
      fieldErrors.forbidden(match, "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"),
    );
  if (resourceVersionMatch !== "NotOlderThan")
    errors.push(fieldErrors.notSupported(match, resourceVersionMatch, ["NotOlderThan"]));
  if (token !== "")
    errors.push(fieldErrors.forbidden(match, "resourceVersionMatch is forbidden when continue is provided"));
  return errors;
}
