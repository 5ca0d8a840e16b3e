import { badRequest, type FieldError, FieldPath, fieldErrors, invalid } from "@drydock/apimachinery";
import type { PatchType } from "./call.ts";

/** The query options of all verbs (metav1 ListOptions, GetOptions, CreateOptions, PatchOptions, UpdateOptions), parsed. */
export interface CallOptions {
  readonly labelSelector: string;
  readonly fieldSelector: string;
  readonly resourceVersion: string;
  readonly resourceVersionMatch: string;
  readonly limit: number;
  readonly continue: string;
  readonly watch: boolean;
  readonly allowWatchBookmarks: boolean;
  readonly sendInitialEvents: boolean | undefined;
  readonly timeoutSeconds: number | undefined;
  readonly dryRun: boolean;
  readonly fieldManager: string;
  readonly fieldValidation: FieldValidation;
  readonly force: boolean | undefined;
}

export type FieldValidation = "Ignore" | "Warn" | "Strict";

/** What a client may write for each option: text from a query, plain values from the component protocol. */
export type RawOptions = Readonly<Record<string, unknown>>;

/** `verb` says which kind of options a complaint is about. */
export function parseCallOptions(raw: RawOptions, verb = ""): CallOptions {
  return {
    labelSelector: textOf(raw["labelSelector"]),
    fieldSelector: textOf(raw["fieldSelector"]),
    resourceVersion: textOf(raw["resourceVersion"]),
    resourceVersionMatch: textOf(raw["resourceVersionMatch"]),
    limit: Math.max(0, integerOf(raw["limit"]) ?? 0),
    continue: textOf(raw["continue"]),
    watch: booleanOf(raw["watch"]) ?? false,
    allowWatchBookmarks: booleanOf(raw["allowWatchBookmarks"]) ?? false,
    sendInitialEvents: booleanOf(raw["sendInitialEvents"]),
    timeoutSeconds: integerOf(raw["timeoutSeconds"]),
    dryRun: dryRunOf(raw["dryRun"], verb),
    fieldManager: textOf(raw["fieldManager"]),
    fieldValidation: fieldValidationOf(raw["fieldValidation"], verb),
    force: booleanOf(raw["force"]),
  };
}

const fieldManagerLengthMax = 128;

/** The rules of PatchOptions that depend on the kind of patch. */
export function validatePatchOptions(options: CallOptions, patchType: PatchType): void {
  const errors: FieldError[] = [];
  const isApply = patchType === "application/apply-patch+yaml";
  const [manager, force] = [FieldPath.of("fieldManager"), FieldPath.of("force")];
  if (isApply && options.fieldManager === "") errors.push(fieldErrors.required(manager, "is required for apply patch"));
  if (!isApply && options.force !== undefined)
    errors.push(fieldErrors.forbidden(force, "may not be specified for non-apply patch"));
  assertOptions("patch", [...errors, ...fieldManagerErrors(options)]);
}

/** The rules of CreateOptions and UpdateOptions. */
export function validateWriteOptions(options: CallOptions, verb: "create" | "update"): void {
  assertOptions(verb, fieldManagerErrors(options));
}

function assertOptions(verb: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid({ group: "meta.k8s.io", kind: optionKinds[verb] ?? "" }, "", errors);
}

/** A manager's name is short and printable. */
function fieldManagerErrors({ fieldManager }: CallOptions): FieldError[] {
  const path = FieldPath.of("fieldManager");
  const errors: FieldError[] = [];
  if (Buffer.byteLength(fieldManager) > fieldManagerLengthMax)
    errors.push(fieldErrors.tooLong(path, fieldManagerLengthMax));
  let position = 0;
  for (const character of fieldManager) {
    if (!/^(?: |[^\p{C}\p{Z}])$/u.test(character)) {
      const code = (character.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, "0");
      errors.push(fieldErrors.invalid(path, fieldManager, `invalid character U+${code} (at position ${position})`));
    }
    position += Buffer.byteLength(character);
  }
  return errors;
}

/** The first value of each query parameter; `dryRun` keeps them all. */
export function rawOptionsOf(query: URLSearchParams): RawOptions {
  const raw: Record<string, unknown> = {};
  for (const [name, value] of query) if (!(name in raw)) raw[name] = value;
  const dryRun = query.getAll("dryRun");
  if (dryRun.length > 0) raw["dryRun"] = dryRun;
  return raw;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : value === undefined || value === null ? "" : String(value);
}

function integerOf(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  const text = String(value);
  const complaint = (why: string) => badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: ${why}`);
  if (!/^[+-]?[0-9]+$/.test(text)) throw complaint("invalid syntax");
  if (!Number.isSafeInteger(Number(text))) throw complaint("value out of range");
  return Number(text);
}

/** Upstream's rule: `false` and `0` are false, everything else that is there is true. */
function booleanOf(value: unknown): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "boolean") return value;
  const text = String(value).toLowerCase();
  return !(text === "false" || text === "0");
}

export function dryRunOf(value: unknown, verb: string): boolean {
  if (value === undefined || value === null) return false;
  const values = (Array.isArray(value) ? value : [value]).map(String).filter((text) => text !== "");
  if (values.some((text) => text !== "All")) throw unsupportedOption(verb, "dryRun", values, ["All"]);
  return values.length > 0;
}

const fieldValidations: readonly FieldValidation[] = ["Ignore", "Strict", "Warn"];

function fieldValidationOf(value: unknown, verb: string): FieldValidation {
  const text = textOf(value);
  if (text === "") return "Warn";
  const known = fieldValidations.find((candidate) => candidate === text);
  if (known === undefined) throw unsupportedOption(verb, "fieldValidation", text, ["", ...fieldValidations]);
  return known;
}

const optionKinds: Readonly<Record<string, string>> = {
  create: "CreateOptions",
  update: "UpdateOptions",
  patch: "PatchOptions",
  delete: "DeleteOptions",
  deletecollection: "DeleteOptions",
};

function unsupportedOption(verb: string, name: string, value: unknown, supported: readonly string[]) {
  const kind = { group: "meta.k8s.io", kind: optionKinds[verb] ?? "ListOptions" };
  return invalid(kind, "", [fieldErrors.notSupported(FieldPath.of(name), value, supported)]);
}
