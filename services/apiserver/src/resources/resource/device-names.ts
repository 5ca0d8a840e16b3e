import {
  type FieldError,
  type FieldPath,
  fieldErrors,
  isDns1123Label,
  isDns1123Subdomain,
} from "@drydock/apimachinery";
import { validateDriverName } from "../meta/driver-name-rules.ts";
import { findings, invalidTexts } from "../meta/rules.ts";

const POOL_LENGTH_MAX = 253;
const ID_LENGTH_MAX = 32;
const C_IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;
const C_IDENTIFIER_MESSAGE =
  "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for validation is '[A-Za-z_][A-Za-z0-9_]*')";

/** Requests, devices and counters are named by labels. */
export function validateLabelName(name: string | undefined, path: FieldPath): FieldError[] {
  return invalidTexts(path, name ?? "", isDns1123Label(name ?? ""));
}

export function validateRequiredLabelName(name: string | undefined, path: FieldPath): FieldError[] {
  return name ? validateLabelName(name, path) : [fieldErrors.required(path)];
}

export function validatePoolName(name: string | undefined, path: FieldPath): FieldError[] {
  if (!name) return [fieldErrors.required(path)];
  return findings(
    name.length > POOL_LENGTH_MAX && fieldErrors.tooLong(path, POOL_LENGTH_MAX),
    ...name.split("/").map((part) => invalidTexts(path, part, isDns1123Subdomain(part))),
  );
}

/** An attribute's or capacity's name: a C identifier, within a driver's domain or in that of the device's own driver. */
export function validateAttributeName(name: string, path: FieldPath): FieldError[] {
  const parts = name.split("/");
  const [domain = "", id = ""] = parts;
  if (parts.length === 1) return validateIdentifier(domain, path);
  if (parts.length > 2) return [];
  return findings(
    domain === "" ? fieldErrors.invalid(path, "", "the domain must not be empty") : validateDriverName(domain, path),
    id === "" ? fieldErrors.invalid(path, "", "the name must not be empty") : validateIdentifier(id, path),
  );
}

export function validateFullAttributeName(name: string, path: FieldPath): FieldError[] {
  return findings(
    validateAttributeName(name, path),
    !name.includes("/") &&
      fieldErrors.invalid(path, name, "a fully qualified name must be a domain and a name separated by a slash"),
  );
}

function validateIdentifier(id: string, path: FieldPath): FieldError[] {
  return findings(
    id.length > ID_LENGTH_MAX && fieldErrors.tooLong(path, ID_LENGTH_MAX),
    !C_IDENTIFIER.test(id) && fieldErrors.invalid(path, id, C_IDENTIFIER_MESSAGE),
  );
}
