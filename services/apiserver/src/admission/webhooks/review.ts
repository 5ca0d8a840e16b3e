import { isRecord } from "@drydock/apimachinery";
import type { AdmissionRequest } from "../admission.ts";
import type { Match } from "../matching/matcher.ts";
import type { ShownObjects } from "../matching/shown-objects.ts";
import { OPERATIONS, subjectKind, subjectName, subjectNamespace } from "../matching/subject.ts";
import { userInfoOf } from "../user-info.ts";

const GROUP = "admission.k8s.io";
const SUPPORTED: readonly string[] = ["v1", "v1beta1"];

export interface Review {
  readonly apiVersion: string;
  readonly kind: "AdmissionReview";
  readonly request: { readonly uid: string };
}

/** The question that a webhook is asked, in the first version that it knows and we do. */
export function reviewOf(
  versions: readonly string[],
  uid: string,
  request: AdmissionRequest,
  match: Match,
  { object, oldObject }: ShownObjects,
): Review {
  const version = versions.find((candidate) => SUPPORTED.includes(candidate)) ?? "v1";
  const { definition, subresource, operation, isDryRun, context, options } = request;
  const name = subjectName(request);
  const namespace = subjectNamespace(request);
  const asked = {
    uid,
    kind: match.kind,
    resource: match.resource,
    ...(subresource && { subResource: subresource }),
    requestKind: subjectKind(request),
    requestResource: { group: definition.group, version: definition.version, resource: definition.resource },
    ...(subresource && { requestSubResource: subresource }),
    ...(name && { name }),
    ...(namespace && { namespace }),
    operation: OPERATIONS[operation],
    userInfo: userInfoOf(context.user),
    object: object ?? null,
    oldObject: oldObject ?? null,
    dryRun: isDryRun,
    options: options ?? null,
  };
  return { kind: "AdmissionReview", apiVersion: `${GROUP}/${version}`, request: asked };
}

/** What a webhook said, checked for form. */
export interface ReviewAnswer {
  readonly isAllowed: boolean;
  /** A Status, as it was sent. */
  readonly result: Readonly<Record<string, unknown>>;
  /** The operations of a JSON patch, in base64; empty when there is none. */
  readonly patch: string;
  readonly patchType: string;
  readonly warnings: readonly string[];
  readonly auditAnnotations: Readonly<Record<string, string>>;
}

/** Throws what is wrong with the form of an answer, in upstream's words. */
export function readReview(answer: unknown, { apiVersion, request }: Review, isMutating: boolean): ReviewAnswer {
  const { response, ...head } = isRecord(answer) ? answer : {};
  if (!isRecord(response)) throw new Error("webhook response was absent");
  const isLatest = apiVersion === `${GROUP}/v1`;
  if (isLatest && response["uid"] !== request.uid)
    throw new Error(
      `expected response.uid=${JSON.stringify(request.uid)}, got ${JSON.stringify(response["uid"] ?? "")}`,
    );
  if (isLatest || head["apiVersion"] || head["kind"]) checkKind(head, apiVersion);
  const patch = String(response["patch"] ?? "");
  return {
    isAllowed: response["allowed"] === true,
    result: isRecord(response["status"]) ? response["status"] : {},
    patch: isMutating ? patch : "",
    patchType: patchTypeOf(response, isMutating, isLatest),
    warnings: Array.isArray(response["warnings"]) ? response["warnings"].map(String) : [],
    auditAnnotations: isRecord(response["auditAnnotations"])
      ? (response["auditAnnotations"] as Record<string, string>)
      : {},
  };
}

function checkKind(head: Readonly<Record<string, unknown>>, apiVersion: string): void {
  if (head["apiVersion"] === apiVersion && head["kind"] === "AdmissionReview") return;
  const text = (version: unknown, kind: unknown) => `${version ?? ""}, Kind=${kind ?? ""}`;
  const got = text(head["apiVersion"] ?? "/", head["kind"]);
  throw new Error(`expected webhook response of ${text(apiVersion, "AdmissionReview")}, got ${got}`);
}

function patchTypeOf(response: Readonly<Record<string, unknown>>, isMutating: boolean, isLatest: boolean): string {
  const patch = String(response["patch"] ?? "");
  const type = response["patchType"];
  const hasType = type !== undefined && type !== null;
  if (!isMutating) {
    if (isLatest && patch !== "") throw new Error("validating webhook may not return response.patch");
    if (isLatest && hasType) throw new Error("validating webhook may not return response.patchType");
    return "";
  }
  // The older version knows no other type, and need not say so.
  if (!isLatest) return patch === "" ? "" : "JSONPatch";
  if (patch !== "" && !hasType) throw new Error("webhook returned response.patch but not response.patchType");
  if (patch === "" && hasType) throw new Error("webhook returned response.patchType but not response.patch");
  if (type === "") throw new Error('webhook returned invalid response.patchType of ""');
  return hasType ? String(type) : "";
}
