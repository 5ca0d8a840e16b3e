import type { GroupVersionKind, KubeObject } from "@drydock/apimachinery";
import type { AdmissionRequest } from "../admission.ts";

/** The kind of what webhooks and policies are shown. */
export function subjectKind({ view, definition }: AdmissionRequest): GroupVersionKind {
  if (view) return view.kind;
  const { group, version, kind } = definition;
  return { group, version, kind };
}

export function subjectObject({ view, object }: AdmissionRequest): KubeObject | undefined {
  return view ? view.object : object;
}

export function subjectOldObject({ view, oldObject }: AdmissionRequest): KubeObject | undefined {
  return view ? view.oldObject : oldObject;
}

/** Puts another content into what is shown; it stays the same object, which others hold. */
export function replaceSubject(request: AdmissionRequest, next: KubeObject): void {
  const target = subjectObject(request) as unknown as Record<string, unknown> | undefined;
  if (!target) return;
  for (const field of Object.keys(target)) if (!Object.hasOwn(next, field)) delete target[field];
  Object.assign(target, next);
  request.view?.accept?.();
}

/** The name that a request says. */
export function subjectName({ name, isOfCollection }: AdmissionRequest): string {
  return isOfCollection ? "" : name;
}

/** The namespace of a request; a Namespace is its own, as upstream has it. */
export function subjectNamespace(request: AdmissionRequest): string {
  return isNamespaces(request) ? request.name || (request.object?.metadata.name ?? "") : request.namespace;
}

export function isNamespaces({ definition }: AdmissionRequest): boolean {
  return definition.group === "" && definition.resource === "namespaces";
}

export const OPERATIONS = { create: "CREATE", update: "UPDATE", delete: "DELETE", connect: "CONNECT" } as const;

const EXEMPT: ReadonlySet<string> = new Set([
  "MutatingWebhookConfiguration",
  "ValidatingWebhookConfiguration",
  "MutatingAdmissionPolicy",
  "MutatingAdmissionPolicyBinding",
  "ValidatingAdmissionPolicy",
  "ValidatingAdmissionPolicyBinding",
]);

/** Nobody may lock out those who could mend the configuration itself. */
export function isExempt({ definition }: AdmissionRequest): boolean {
  return definition.group === "admissionregistration.k8s.io" && EXEMPT.has(definition.kind);
}
