import { type FieldError, type FieldPath, fieldErrors, isDns1123Subdomain } from "@drydock/apimachinery";
import { each, type Finding, findings, invalidTexts } from "../meta/rules.ts";

const ACCESS_MODES = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
export const VOLUME_MODES: readonly string[] = ["Block", "Filesystem"];

export function validateAccessModes(
  modes: readonly string[] | undefined,
  path: FieldPath,
  whenNone: string,
): FieldError[] {
  return findings(
    (modes ?? []).length === 0 && fieldErrors.required(path, whenNone),
    each(modes, path, (mode) => !ACCESS_MODES.includes(mode) && fieldErrors.notSupported(path, mode, ACCESS_MODES)),
    (modes ?? []).length > 1 &&
      modes?.includes("ReadWriteOncePod") &&
      fieldErrors.forbidden(path, "may not use ReadWriteOncePod with other access modes"),
  );
}

export function validateClassName(name: string | undefined, path: FieldPath): Finding {
  return name ? invalidTexts(path, name, isDns1123Subdomain(name)) : [];
}
