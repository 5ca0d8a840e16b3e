import { parse } from "yaml";
import type { UserInfo } from "../authentication/user-info.ts";
import type { RequestInfo } from "../http/request-info.ts";

export type AuditLevel = "None" | "Metadata" | "Request" | "RequestResponse";
export type AuditStage = "RequestReceived" | "ResponseStarted" | "ResponseComplete" | "Panic";

const levels: readonly string[] = ["None", "Metadata", "Request", "RequestResponse"];
const stages: readonly string[] = ["RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"];

interface GroupResources {
  readonly group?: string;
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
}

export interface PolicyRule {
  readonly level: AuditLevel;
  readonly users?: readonly string[];
  readonly userGroups?: readonly string[];
  readonly verbs?: readonly string[];
  readonly resources?: readonly GroupResources[];
  readonly namespaces?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly omitStages?: readonly AuditStage[];
  readonly omitManagedFields?: boolean;
}

/** A `Policy` of audit.k8s.io/v1: the first rule that matches a request says how much of it is recorded. */
export interface AuditPolicy {
  readonly rules: readonly PolicyRule[];
  readonly omitStages?: readonly AuditStage[];
  readonly omitManagedFields?: boolean;
}

/** What a policy says about one request. */
export interface AuditVerdict {
  readonly level: AuditLevel;
  readonly omitStages: ReadonlySet<AuditStage>;
  readonly omitManagedFields: boolean;
}

/** Throws when the text is no policy that could be kept. */
export function parseAuditPolicy(text: string): AuditPolicy {
  const policy = parse(text) as (AuditPolicy & { apiVersion?: string; kind?: string }) | null;
  if (policy?.apiVersion !== "audit.k8s.io/v1" || policy.kind !== "Policy")
    throw new Error(`no kind "${policy?.kind ?? ""}" is registered for version "${policy?.apiVersion ?? ""}"`);
  if (!Array.isArray(policy.rules) || policy.rules.length === 0) throw new Error("loaded illegal policy with 0 rules");
  const problems = [
    ...stageProblems("omitStages", policy.omitStages),
    ...policy.rules.flatMap((rule, index) => ruleProblems(`rules[${index}]`, rule)),
  ];
  if (problems.length > 0) throw new Error(problems.join(", "));
  return policy;
}

function ruleProblems(path: string, rule: PolicyRule): string[] {
  const problems = [...stageProblems(`${path}.omitStages`, rule.omitStages)];
  if (!levels.includes(rule.level)) problems.push(`${path}.level: Unsupported value: "${rule.level ?? ""}"`);
  if (isGiven(rule.nonResourceURLs) && (isGiven(rule.resources) || isGiven(rule.namespaces)))
    problems.push(
      `${path}.nonResourceURLs: Invalid value: rules cannot apply to both regular resources and non-resource URLs`,
    );
  for (const url of rule.nonResourceURLs ?? []) {
    if (url === "*") continue;
    if (!url.startsWith("/"))
      problems.push(
        `${path}.nonResourceURLs: Invalid value: "${url}": non-resource URL rules must begin with a '/' character`,
      );
    if (url.slice(0, -1).includes("*"))
      problems.push(
        `${path}.nonResourceURLs: Invalid value: "${url}": non-resource URL wildcards '*' must be the final character of the rule`,
      );
  }
  for (const { resources, resourceNames } of rule.resources ?? [])
    if (isGiven(resourceNames) && !isGiven(resources))
      problems.push(
        `${path}.resources.resourceNames: Invalid value: using resourceNames requires at least one resource`,
      );
  return problems;
}

function stageProblems(path: string, given: readonly string[] = []): string[] {
  return given.filter((stage) => !stages.includes(stage)).map((stage) => `${path}: Unsupported value: "${stage}"`);
}

/** `user` is undefined when nobody could be made out. A request that no rule matches is not recorded. */
export function evaluatePolicy(policy: AuditPolicy, info: RequestInfo, user: UserInfo | undefined): AuditVerdict {
  const rule = policy.rules.find((candidate) => matches(candidate, info, user));
  return {
    level: rule?.level ?? "None",
    omitStages: new Set([...(policy.omitStages ?? []), ...(rule?.omitStages ?? [])]),
    omitManagedFields: rule?.omitManagedFields ?? policy.omitManagedFields ?? false,
  };
}

function matches(rule: PolicyRule, info: RequestInfo, user: UserInfo | undefined): boolean {
  const { users, userGroups, verbs, nonResourceURLs } = rule;
  if (isGiven(users) && !users.includes(user?.name ?? "")) return false;
  if (isGiven(userGroups) && !userGroups.some((group) => user?.groups.includes(group))) return false;
  if (isGiven(verbs) && !verbs.includes(info.verb)) return false;
  if (isGiven(rule.namespaces) || isGiven(rule.resources)) return matchesResource(rule, info);
  if (!isGiven(nonResourceURLs)) return true;
  return !info.isResourceRequest && nonResourceURLs.some((url) => matchesPath(url, info.path));
}

function matchesResource({ namespaces, resources }: PolicyRule, info: RequestInfo): boolean {
  if (!info.isResourceRequest) return false;
  if (isGiven(namespaces) && !namespaces.includes(info.namespace)) return false;
  if (!isGiven(resources)) return true;
  return resources.some(({ group = "", resources: names, resourceNames }) => {
    if (group !== info.group) return false;
    if (!isGiven(names)) return true;
    if (isGiven(resourceNames) && !resourceNames.includes(info.name)) return false;
    return names.some((name) => matchesName(name, info));
  });
}

function matchesName(pattern: string, { resource, subresource }: RequestInfo): boolean {
  const whole = subresource === "" ? resource : `${resource}/${subresource}`;
  if (pattern === "*" || pattern === whole) return true;
  if (subresource !== "" && pattern === `*/${subresource}`) return true;
  return pattern === `${resource}/*`;
}

function matchesPath(pattern: string, path: string): boolean {
  return pattern.endsWith("*") ? path.startsWith(pattern.slice(0, -1)) : pattern === path;
}

function isGiven<T>(list: readonly T[] | undefined | null): list is readonly T[] {
  return (list?.length ?? 0) > 0;
}
