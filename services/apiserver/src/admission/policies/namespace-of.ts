import { notFound } from "@drydock/apimachinery";
import type { V1Namespace } from "@drydock/kube-api";
import type { AdmissionRequest } from "../admission.ts";
import type { Matcher } from "../matching/matcher.ts";
import { isNamespaces } from "../matching/subject.ts";

/** `namespaceObject`; nothing for what is in no namespace, and for namespaces themselves. */
export async function namespaceOf(request: AdmissionRequest, matcher: Matcher): Promise<V1Namespace | undefined> {
  if (request.namespace === "" || isNamespaces(request)) return undefined;
  const namespace = await matcher.namespace(request.namespace);
  if (!namespace) throw notFound({ group: "", resource: "namespaces" }, request.namespace);
  return namespace;
}
