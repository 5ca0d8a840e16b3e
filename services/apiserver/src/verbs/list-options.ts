import { type FieldError, FieldPath, fieldErrors, invalid } from "@drydock/apimachinery";
import type { CallOptions } from "../registry/call-options.ts";

/** The combinations of list and watch options that the API forbids, in upstream's words (ValidateListOptions). */
export function assertListOptions(options: CallOptions): void {
  const errors = options.watch ? watchErrors(options) : listErrors(options);
  if (errors.length > 0) throw invalid({ group: "meta.k8s.io", kind: "ListOptions" }, "", errors);
}

function listErrors(options: CallOptions): FieldError[] {
  const errors: FieldError[] = [];
  const match = FieldPath.of("resourceVersionMatch");
  if (options.sendInitialEvents !== undefined) {
    errors.push(fieldErrors.forbidden(FieldPath.of("sendInitialEvents"), "sendInitialEvents is forbidden for list"));
  }
  if (options.resourceVersionMatch === "") return errors;
  if (options.continue !== "") {
    errors.push(fieldErrors.forbidden(match, "resourceVersionMatch is forbidden when continue is provided"));
  } else if (options.resourceVersion === "") {
    errors.push(fieldErrors.forbidden(match, "resourceVersionMatch is forbidden unless resourceVersion is provided"));
  }
  if (options.resourceVersionMatch !== "Exact" && options.resourceVersionMatch !== "NotOlderThan") {
    errors.push(fieldErrors.notSupported(match, options.resourceVersionMatch, ["Exact", "NotOlderThan", ""]));
  }
  if (options.resourceVersionMatch === "Exact" && options.resourceVersion === "0") {
    errors.push(fieldErrors.forbidden(match, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
  }
  return errors;
}

function watchErrors(options: CallOptions): FieldError[] {
  const errors: FieldError[] = [];
  const match = FieldPath.of("resourceVersionMatch");
  if (options.sendInitialEvents !== undefined) {
    if (options.resourceVersionMatch === "") {
      errors.push(
        fieldErrors.forbidden(match, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"),
      );
    }
  } else if (options.resourceVersionMatch !== "") {
    errors.push(
      fieldErrors.forbidden(match, "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"),
    );
  }
  if (options.resourceVersionMatch !== "" && options.resourceVersionMatch !== "NotOlderThan") {
    errors.push(fieldErrors.notSupported(match, options.resourceVersionMatch, ["NotOlderThan"]));
  }
  if (options.continue !== "") {
    errors.push(fieldErrors.forbidden(FieldPath.of("continue"), "continue is forbidden for watch"));
  }
  return errors;
}
