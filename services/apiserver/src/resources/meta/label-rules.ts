import { type FieldError, type FieldPath, isQualifiedName, isValidLabelValue } from "@drydock/apimachinery";
import { findings, invalidTexts } from "./rules.ts";

/** Upstream's ValidateLabels: keys are qualified names, values are label values. */
export function validateLabels(labels: Readonly<Record<string, string>> | undefined, path: FieldPath): FieldError[] {
  return findings(
    ...Object.entries(labels ?? {}).map(([key, value]) => [
      invalidTexts(path, key, isQualifiedName(key)),
      invalidTexts(path, value, isValidLabelValue(value)),
    ]),
  );
}

export function validateAnnotationKeys(
  annotations: Readonly<Record<string, string>> | undefined,
  path: FieldPath,
): FieldError[] {
  return Object.keys(annotations ?? {}).flatMap((key) => invalidTexts(path, key, isQualifiedName(key.toLowerCase())));
}
