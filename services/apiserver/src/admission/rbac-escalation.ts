import { deepEqual, forbidden } from "@drydock/apimachinery";
import type { V1ClusterRole, V1ClusterRoleBinding, V1PolicyRule, V1RoleRef } from "@drydock/kube-api";
import type { Authorizer } from "../authorization/authorizer.ts";
import type { RbacAuthorizer } from "../authorization/rbac/rbac-authorizer.ts";
import { covers, describeMissing } from "../authorization/rbac/rules.ts";
import type { Registry } from "../registry/registry.ts";
import { get } from "../verbs/get.ts";
import type { AdmissionPlugin, AdmissionRequest } from "./admission.ts";

const GROUP = "rbac.authorization.k8s.io";
const EVERYTHING: readonly V1PolicyRule[] = [
  { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
  { verbs: ["*"], nonResourceURLs: ["*"] },
];

/** Nobody hands out rights they do not hold, unless they may `escalate` roles or `bind` them. Not an admission plugin upstream, but decided at the same point. */
export function rbacEscalation(registry: Registry, rbac: RbacAuthorizer, authorizer: Authorizer): AdmissionPlugin {
  /** Caches may not have a role yet that was made a moment ago. */
  const rulesOf = async ({ namespace, context }: AdmissionRequest, roleRef: V1RoleRef) => {
    const cached = rbac.rulesOfRole(roleRef, namespace);
    if (cached) return cached;
    const store = registry.require(GROUP, "v1", `${roleRef.kind.toLowerCase()}s`);
    const { object } = await get(store, roleRef.kind === "Role" ? namespace : "", roleRef.name, "", context.signal);
    return (object as V1ClusterRole).rules ?? [];
  };
  const may = async (request: AdmissionRequest, verb: string, resource: string, name: string) => {
    const { verdict } = await authorizer.authorize({
      user: request.context.user,
      isResourceRequest: true,
      path: "",
      verb,
      group: GROUP,
      resource,
      subresource: "",
      namespace: request.namespace,
      name,
    });
    return verdict === "allow";
  };
  return {
    name: "RBACEscalation",
    async validate(request) {
      const { definition, object, context, operation } = request;
      if (definition.group !== GROUP || !object || context.user.groups.includes("system:masters")) return;
      const held = rbac.rulesFor(context.user, request.namespace);
      if (definition.kind === "Role" || definition.kind === "ClusterRole") {
        if (isSameRole(request)) return;
        // A name that is yet to be made is none.
        const name = operation === "create" ? "" : request.name;
        if (!(await may(request, "escalate", definition.resource, name))) assertHeld(request, held);
        return;
      }
      const { roleRef } = object as V1ClusterRoleBinding;
      const resource = `${roleRef.kind.toLowerCase()}s`;
      if (await may(request, "bind", resource, roleRef.name)) return;
      assertRules(request, held, await rulesOf(request, roleRef));
    },
  };
}

function isSameRole({ object, oldObject }: AdmissionRequest): boolean {
  const [role, old] = [object as V1ClusterRole, oldObject as V1ClusterRole | undefined];
  if (!old) return false;
  return deepEqual(role.rules ?? [], old.rules ?? []) && deepEqual(role.aggregationRule, old.aggregationRule);
}

/** What a role gathers can become anything. */
function assertHeld(request: AdmissionRequest, held: readonly V1PolicyRule[]): void {
  const [role, old] = [request.object as V1ClusterRole, request.oldObject as V1ClusterRole | undefined];
  assertRules(request, held, role.rules ?? []);
  const gathers = [role, old].some((each) => (each?.aggregationRule?.clusterRoleSelectors ?? []).length > 0);
  if (gathers && !covers(held, EVERYTHING))
    throw refusal(request, "must have cluster-admin privileges to use the aggregationRule");
}

function assertRules(request: AdmissionRequest, held: readonly V1PolicyRule[], rules: readonly V1PolicyRule[]): void {
  if (covers(held, rules)) return;
  const { name, groups } = request.context.user;
  const list = groups.map((group) => JSON.stringify(group)).join(" ");
  throw refusal(
    request,
    `user ${JSON.stringify(name)} (groups=[${list}]) is attempting to grant RBAC permissions not currently held:\n${describeMissing(held, rules)}`,
  );
}

function refusal({ definition, object, name }: AdmissionRequest, reason: string): Error {
  return forbidden({ group: GROUP, resource: definition.resource }, object?.metadata.name ?? name, reason);
}
