import {
  badRequest,
  FieldPath,
  fieldErrors,
  goText,
  invalid,
  type KubeObject,
  type StatusError,
  stringifyJson,
} from "@drydock/apimachinery";
import { type CheckedFields, checkFields, type NumberTexts, type Origin } from "@drydock/kube-api";
import type { PatchDocument } from "./call.ts";
import type { FieldValidation } from "./call-options.ts";
import type { CustomSchema } from "./definition.ts";

export interface ObjectKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly schema: string;
  readonly custom?: CustomSchema;
  /** Written as it is, never as a table or as its metadata alone: what is answered and stands in no collection. */
  readonly isPlain?: boolean;
  /** Of the same message, whose bodies are taken too. */
  readonly olderVersions?: readonly string[];
}

/** What the decoder has against the document itself, such as fields that stand twice. */
export interface DocumentComplaints {
  readonly complaints: readonly string[];
  /** The paths of its keys in their order. */
  readonly order?: (() => readonly string[]) | undefined;
  readonly numbers?: NumberTexts | undefined;
}

/**
 * Drops unknown fields of a client's object and treats them as its fieldValidation says: an error (Strict), warnings (Warn) or
 * nothing. Wrong types are always an error. Texts are those of the real decoder.
 */
export function checkObjectFields(
  expected: ObjectKind,
  object: KubeObject,
  fieldValidation: FieldValidation,
  warn: (text: string) => void,
  own: DocumentComplaints = { complaints: [] },
): KubeObject {
  const { value, unknown, typeErrors } = checkKindFields(object, expected, { numbers: own.numbers });
  const [typeError] = typeErrors;
  if (typeError !== undefined) throw cannotBeHandled(expected, expected.kind, typeError);
  const all = [...own.complaints, ...unknownFields(unknown)];
  // Custom objects are decoded before they are compared with their schema, others are compared while they are decoded.
  const complaints = expected.custom || !own.order ? all : inDocumentOrder(all, own.order());
  if (complaints.length > 0 && fieldValidation === "Strict") {
    throw cannotBeHandled(expected, expected.kind, `strict decoding error: ${complaints.join(", ")}`);
  }
  if (fieldValidation === "Warn") complaints.forEach(warn);
  return value as unknown as KubeObject;
}

/** The fields of an object by its kind's schema, generated or its own. */
export function checkKindFields(
  object: unknown,
  { schema, custom }: Pick<ObjectKind, "schema" | "custom">,
  origin?: Origin,
): CheckedFields {
  return custom ? custom.checkFields(object) : checkFields(object, schema, origin);
}

/** The same for the result of a patch, whose errors show what was patched, or the patch where that was a strategic one. */
export function checkPatchedFields(
  expected: ObjectKind,
  object: KubeObject,
  { patchType, patch, numbers, complaints: own = [] }: PatchDocument,
  fieldValidation: FieldValidation,
  warn: (text: string) => void,
): KubeObject {
  const isRestored = patchType === "application/strategic-merge-patch+json";
  const { value, unknown, typeErrors } = checkKindFields(object, expected, { numbers, isRestored });
  const shown = isRestored ? goText(patch) : stringifyJson(object);
  const [typeError] = typeErrors;
  if (typeError !== undefined) throw badPatch(shown, typeError);
  const complaints = [...own, ...unknownFields(unknown)];
  if (complaints.length > 0 && fieldValidation === "Strict") {
    throw badPatch(shown, `strict decoding error: ${complaints.join(", ")}`);
  }
  if (fieldValidation === "Warn") complaints.forEach(warn);
  return value as unknown as KubeObject;
}

export function cannotBeHandled(expected: ObjectKind, kind: string, why: string): StatusError {
  return badRequest(
    `${kind} in version ${JSON.stringify(expected.version)} cannot be handled as a ${expected.kind}: ${why}`,
  );
}

function unknownFields(unknown: readonly string[]): string[] {
  return unknown.map((path) => `unknown field ${JSON.stringify(path)}`);
}

export function duplicateFields(paths: readonly string[]): string[] {
  return paths.map((path) => `duplicate field ${JSON.stringify(path)}`);
}

/** An unknown field is complained of where it first stands, a doubled one where it stands again. */
function inDocumentOrder(complaints: readonly string[], order: readonly string[]): string[] {
  const seen = new Set<string>();
  const sorted = order.flatMap((path) => {
    const [text = ""] = seen.has(path) ? duplicateFields([path]) : unknownFields([path]);
    seen.add(path);
    return complaints.includes(text) ? [text] : [];
  });
  return [...new Set([...sorted, ...complaints])];
}

function badPatch(shown: string, why: string): StatusError {
  return invalid({ group: "", kind: "" }, "", [fieldErrors.invalid(FieldPath.of("patch"), shown, why)]);
}
