import type { GroupVersionResource } from "@drydock/apimachinery";
import type { V1NamedRuleWithOperations } from "@drydock/kube-api";
import type { AdmissionRequest } from "../admission.ts";
import { OPERATIONS, subjectNamespace } from "./subject.ts";

/** Whether a request, seen as one of `resource`, is what a rule speaks of. */
export function matchesRule(
  rule: V1NamedRuleWithOperations,
  request: AdmissionRequest,
  { group, version, resource }: GroupVersionResource,
): boolean {
  return (
    includes(rule.operations, OPERATIONS[request.operation]) &&
    includes(rule.apiGroups, group) &&
    includes(rule.apiVersions, version) &&
    (rule.resources ?? []).some((pattern) => matchesResource(pattern, resource, request.subresource)) &&
    matchesScope(rule.scope, request, resource) &&
    matchesName(rule.resourceNames, request)
  );
}

function includes(values: readonly string[] | undefined, value: string): boolean {
  return (values ?? []).some((candidate) => candidate === "*" || candidate === value);
}

function matchesResource(pattern: string, resource: string, subresource: string): boolean {
  const [name = "", sub = ""] = pattern.split("/", 2);
  return (name === "*" || name === resource) && (sub === "*" || sub === subresource);
}

function matchesScope(scope: string | undefined, request: AdmissionRequest, resource: string): boolean {
  if (scope === undefined || scope === "*") return true;
  const isCluster = subjectNamespace(request) === "" || (request.definition.group === "" && resource === "namespaces");
  return isCluster === (scope === "Cluster");
}

function matchesName(names: readonly string[] | undefined, request: AdmissionRequest): boolean {
  if (!names || names.length === 0) return true;
  return names.includes(request.name || (request.object?.metadata.name ?? ""));
}
