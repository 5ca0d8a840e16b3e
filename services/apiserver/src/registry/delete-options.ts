import {
  badRequest,
  exactNumber,
  type FieldError,
  FieldPath,
  fieldErrors,
  type Int64,
  invalid,
  stringifyJson,
} from "@drydock/apimachinery";
import { dryRunOf, type RawOptions } from "./call-options.ts";

export interface DeleteOptions {
  readonly gracePeriodSeconds: Int64 | undefined;
  readonly propagationPolicy: "Background" | "Foreground" | "Orphan" | undefined;
  readonly preconditions: { readonly uid?: string; readonly resourceVersion?: string } | undefined;
  readonly dryRun: boolean;
}

/** Body and query say the same things; a body that says anything wins, as upstream. */
export function parseDeleteOptions(body: unknown, query: RawOptions): DeleteOptions {
  const source = (isRecord(body) ? body : query) as Record<string, unknown>;
  return {
    gracePeriodSeconds: gracePeriodOf(source["gracePeriodSeconds"]),
    propagationPolicy: propagationOf(source),
    preconditions: isRecord(source["preconditions"]) ? source["preconditions"] : undefined,
    dryRun: dryRunOf(source["dryRun"], "delete") || dryRunOf(query["dryRun"], "delete"),
  };
}

function gracePeriodOf(value: unknown): Int64 | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  const seconds = typeof value === "bigint" ? value : exactNumber(String(value));
  if (typeof seconds === "number" && !Number.isSafeInteger(seconds)) {
    const text = stringifyJson(value);
    throw badRequest(
      typeof value === "string"
        ? `strconv.ParseInt: parsing ${text}: invalid syntax`
        : `json: cannot unmarshal ${text} into Go struct field DeleteOptions.gracePeriodSeconds of type int64`,
    );
  }
  // Upstream has the shortest grace for what is less than none.
  return seconds < 0 ? 1 : seconds;
}

const propagationPath = FieldPath.of("propagationPolicy");

function propagationOf(source: Record<string, unknown>): DeleteOptions["propagationPolicy"] {
  const policy = source["propagationPolicy"];
  const orphan = source["orphanDependents"];
  if (policy !== undefined && policy !== null && orphan !== undefined && orphan !== null) {
    const why = "orphanDependents and deletionPropagation cannot be both set";
    throw invalidOptions(fieldErrors.invalid(propagationPath, policy, why));
  }
  if (orphan === true || orphan === "true") return "Orphan";
  if (orphan === false || orphan === "false") return "Background";
  if (policy === undefined || policy === null) return undefined;
  if (policy === "Background" || policy === "Foreground" || policy === "Orphan") return policy;
  throw invalidOptions(
    fieldErrors.notSupported(propagationPath, policy, ["Foreground", "Background", "Orphan", "nil"]),
  );
}

function invalidOptions(error: FieldError) {
  return invalid({ group: "meta.k8s.io", kind: "DeleteOptions" }, "", [error]);
}

function isRecord(value: unknown): value is Record<string, string> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
