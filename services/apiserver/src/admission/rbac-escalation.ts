import { forbidden } from "@drydock/apimachinery";
import type { V1ClusterRole, V1ClusterRoleBinding, V1PolicyRule } from "@drydock/kube-api";
import type { Authorizer } from "../authorization/authorizer.ts";
import type { RbacAuthorizer } from "../authorization/rbac/rbac-authorizer.ts";
import { covers } from "../authorization/rbac/rules.ts";
import type { AdmissionPlugin, AdmissionRequest } from "./admission.ts";

const GROUP = "rbac.authorization.k8s.io";

/** Nobody hands out rights they do not hold, unless they may `escalate` roles or `bind` them. Not an admission plugin upstream, but decided at the same point. */
export function rbacEscalation(rbac: RbacAuthorizer, authorizer: Authorizer): AdmissionPlugin {
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
  const check = (request: AdmissionRequest, rules: readonly V1PolicyRule[]) => {
    const { user } = request.context;
    if (covers(rbac.rulesFor(user, request.namespace), rules)) return;
    const text = `user ${JSON.stringify(user.name)} (groups=${JSON.stringify(user.groups)}) is attempting to grant RBAC permissions not currently held`;
    throw forbidden(
      { group: GROUP, resource: request.definition.resource },
      request.object?.metadata.name ?? request.name,
      text,
    );
  };
  return {
    name: "RBACEscalation",
    async validate(request) {
      const { definition, object, context } = request;
      if (definition.group !== GROUP || !object || context.user.groups.includes("system:masters")) return;
      if (definition.kind === "Role" || definition.kind === "ClusterRole") {
        if (!(await may(request, "escalate", definition.resource, object.metadata.name)))
          check(request, (object as V1ClusterRole).rules ?? []);
        return;
      }
      const { roleRef } = object as V1ClusterRoleBinding;
      if (!(await may(request, "bind", `${roleRef.kind.toLowerCase()}s`, roleRef.name)))
        check(request, rbac.rulesOfRole(roleRef, request.namespace) ?? []);
    },
  };
}
