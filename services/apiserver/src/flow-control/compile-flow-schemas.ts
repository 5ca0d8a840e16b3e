import type {
  FlowcontrolV1Subject,
  V1FlowSchema,
  V1NonResourcePolicyRule,
  V1PolicyRulesWithSubjects,
  V1ResourcePolicyRule,
} from "@drydock/kube-api";
import type { UserInfo } from "../authentication/user-info.ts";
import type { RequestInfo } from "../http/request-info.ts";

/** What a request must have for a schema to match it; made once for each state of the schema. */
export interface CompiledSchema {
  readonly schema: V1FlowSchema;
  matches(user: UserInfo, info: RequestInfo): boolean;
}

type Test<T> = (value: T) => boolean;
const always = () => true;

/** In the order in which they are asked: by precedence, then by name. */
export function compileFlowSchemas(schemas: readonly V1FlowSchema[]): readonly CompiledSchema[] {
  return schemas.toSorted(compareSchemas).map((schema) => {
    const rules = (schema.spec?.rules ?? []).map(compileRule);
    return { schema, matches: (user, info) => rules.some((rule) => rule(user, info)) };
  });
}

function compareSchemas(a: V1FlowSchema, b: V1FlowSchema): number {
  const byPrecedence = (a.spec?.matchingPrecedence ?? 0) - (b.spec?.matchingPrecedence ?? 0);
  if (byPrecedence !== 0) return byPrecedence;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

function compileRule({ subjects, resourceRules = [], nonResourceRules = [] }: V1PolicyRulesWithSubjects) {
  const isSubject = compileSubjects(subjects);
  const resources = resourceRules.map(compileResourceRule);
  const others = nonResourceRules.map(compileNonResourceRule);
  return (user: UserInfo, info: RequestInfo) =>
    (info.isResourceRequest ? resources : others).some((rule) => rule(info)) && isSubject(user);
}

function compileSubjects(subjects: readonly FlowcontrolV1Subject[]): Test<UserInfo> {
  const users = new Set<string>();
  const groups = new Set<string>();
  const namespaces: string[] = [];
  for (const { kind, user, group, serviceAccount } of subjects) {
    if (kind === "User" && user) users.add(user.name);
    if (kind === "Group" && group) groups.add(group.name);
    if (kind !== "ServiceAccount" || !serviceAccount) continue;
    const prefix = `system:serviceaccount:${serviceAccount.namespace}:`;
    if (serviceAccount.name === "*") namespaces.push(prefix);
    else users.add(prefix + serviceAccount.name);
  }
  if (users.has("*") || groups.has("*")) return always;
  return ({ name, groups: of }) =>
    of.some((group) => groups.has(group)) || users.has(name) || namespaces.some((prefix) => name.startsWith(prefix));
}

function compileResourceRule(rule: V1ResourcePolicyRule): Test<RequestInfo> {
  const isVerb = oneOf(rule.verbs);
  const isGroup = oneOf(rule.apiGroups);
  const isResource = oneOf(rule.resources);
  const isNamespace = oneOf(rule.namespaces ?? []);
  const clusterScope = rule.clusterScope === true;
  return ({ verb, group, resource, subresource, namespace }) =>
    isVerb(verb) &&
    isGroup(group) &&
    isResource(subresource === "" ? resource : `${resource}/${subresource}`) &&
    (namespace === "" ? clusterScope : isNamespace(namespace));
}

function compileNonResourceRule({ verbs, nonResourceURLs }: V1NonResourcePolicyRule): Test<RequestInfo> {
  const isVerb = oneOf(verbs);
  if (nonResourceURLs.includes("*")) return ({ verb }) => isVerb(verb);
  const whole = new Set(nonResourceURLs);
  // Whatever lies below a path belongs to it, with a star or without.
  const prefixes = nonResourceURLs.map((url) => `${url.replace(/\*$/, "").replace(/\/$/, "")}/`);
  return ({ verb, path }) => isVerb(verb) && (whole.has(path) || prefixes.some((prefix) => path.startsWith(prefix)));
}

/** A star stands alone, for everything. */
function oneOf(values: readonly string[]): Test<string> {
  if (values.length === 1 && values[0] === "*") return always;
  const set = new Set(values);
  return (value) => set.has(value);
}
