import { badRequest } from "@drydock/apimachinery";
import { dryRunOf, type RawOptions } from "./call-options.ts";

export interface DeleteOptions {
  readonly gracePeriodSeconds: number | undefined;
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

function gracePeriodOf(value: unknown): number | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  const seconds = Number(value);
  if (!Number.isSafeInteger(seconds)) throw badRequest(`gracePeriodSeconds: Invalid value: ${JSON.stringify(value)}`);
  return seconds;
}

function propagationOf(source: Record<string, unknown>): DeleteOptions["propagationPolicy"] {
  const policy = source["propagationPolicy"];
  const orphan = source["orphanDependents"];
  if (policy !== undefined && policy !== null && orphan !== undefined && orphan !== null) {
    throw badRequest(
      `DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Invalid value: ${JSON.stringify(policy)}: orphanDependents and deletionPropagation cannot be both set`,
    );
  }
  if (orphan === true || orphan === "true") return "Orphan";
  if (orphan === false || orphan === "false") return "Background";
  if (policy === undefined || policy === null || policy === "") return undefined;
  if (policy === "Background" || policy === "Foreground" || policy === "Orphan") return policy;
  throw badRequest(
    `DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: ${JSON.stringify(policy)}: supported values: "Background", "Foreground", "Orphan"`,
  );
}

function isRecord(value: unknown): value is Record<string, string> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
