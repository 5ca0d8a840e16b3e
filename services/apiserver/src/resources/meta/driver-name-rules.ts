import { type FieldError, type FieldPath, fieldErrors, isDns1123Subdomain } from "@drydock/apimachinery";
import { findings, invalidTexts } from "./rules.ts";

const LENGTH_MAX = 63;

/** The name of a storage or device driver: a domain, in either case. */
export function validateDriverName(name: string | undefined, path: FieldPath): FieldError[] {
  if (!name) return [fieldErrors.required(path)];
  return findings(
    name.length > LENGTH_MAX && fieldErrors.tooLong(path, LENGTH_MAX),
    invalidTexts(path, name, isDns1123Subdomain(name.toLowerCase())),
  );
}
