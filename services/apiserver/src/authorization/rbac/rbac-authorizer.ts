import { labelSelectorFromObject } from "@drydock/apimachinery";
import type {
  RbacV1Subject,
  V1ClusterRole,
  V1ClusterRoleBinding,
  V1PolicyRule,
  V1Role,
  V1RoleBinding,
  V1RoleRef,
} from "@drydock/kube-api";
import type { UserInfo } from "../../authentication/user-info.ts";
import type { Registry, ResourceStore } from "../../registry/registry.ts";
import type { Attributes, Authorizer, Decision } from "../authorizer.ts";
import { BindingIndex } from "./binding-index.ts";
import { ruleAllows } from "./rules.ts";

const GROUP = "rbac.authorization.k8s.io";

/** What one binding gives to a user. */
interface Grant {
  readonly rules: readonly V1PolicyRule[];
  /** In upstream's words, for the reason of a decision. */
  describe(): string;
}

/** Decides by roles and their bindings, as the caches have them. */
export class RbacAuthorizer implements Authorizer {
  readonly name = "RBAC";
  readonly #registry: Registry;
  readonly #clusterRoles: ResourceStore;
  readonly #clusterRoleBindings: BindingIndex;
  readonly #roles: ResourceStore;
  readonly #roleBindings: ResourceStore;

  constructor(registry: Registry) {
    this.#registry = registry;
    this.#clusterRoles = registry.require(GROUP, "v1", "clusterroles");
    this.#clusterRoleBindings = new BindingIndex(registry.require(GROUP, "v1", "clusterrolebindings").cache);
    this.#roles = registry.require(GROUP, "v1", "roles");
    this.#roleBindings = registry.require(GROUP, "v1", "rolebindings");
  }

  authorize(attributes: Attributes): Decision {
    for (const { rules, describe } of this.#grants(attributes.user, attributes.namespace)) {
      if (rules.some((rule) => ruleAllows(rule, attributes)))
        return { verdict: "allow", reason: `RBAC: allowed by ${describe()}` };
    }
    return { verdict: "no-opinion", reason: "" };
  }

  /** Every rule that applies to the user in the namespace (empty: cluster-wide ones only). */
  rulesFor(user: UserInfo, namespace: string): V1PolicyRule[] {
    return [...this.#grants(user, namespace)].flatMap(({ rules }) => rules);
  }

  /** The rules of a role, as a binding in `namespace` would see them; undefined when it does not exist. */
  rulesOfRole(roleRef: V1RoleRef, namespace: string): readonly V1PolicyRule[] | undefined {
    if (roleRef.kind === "Role")
      return this.#registry.cached<V1Role>(this.#roles, namespace, roleRef.name)?.rules ?? undefined;
    const role = this.#registry.cached<V1ClusterRole>(this.#clusterRoles, "", roleRef.name);
    return role && this.#withAggregated(role);
  }

  *#grants(user: UserInfo, namespace: string): Generator<Grant> {
    for (const binding of this.#clusterRoleBindings.of(user)) {
      const grant = this.#grantOf(binding, user, "");
      if (grant) yield grant;
    }
    if (namespace === "") return;
    const prefix = `${this.#roleBindings.cache.prefix}${namespace}/`;
    for (const { object } of this.#roleBindings.cache.scan(prefix)) {
      const grant = this.#grantOf(object as V1RoleBinding, user, namespace);
      if (grant) yield grant;
    }
  }

  #grantOf(
    { metadata, roleRef, subjects }: V1ClusterRoleBinding | V1RoleBinding,
    user: UserInfo,
    namespace: string,
  ): Grant | undefined {
    const subject = subjects?.find((candidate) => isSubject(candidate, user, namespace));
    const rules = subject && this.rulesOfRole(roleRef, namespace);
    if (!rules) return undefined;
    const kind = namespace === "" ? "ClusterRoleBinding" : "RoleBinding";
    const name = JSON.stringify(namespace === "" ? metadata.name : `${metadata.name}/${namespace}`);
    const role = `${roleRef.kind} ${JSON.stringify(roleRef.name)}`;
    return { rules, describe: () => `${kind} ${name} of ${role} to ${describeSubject(subject, namespace)}` };
  }

  /** An aggregated role holds what the roles it selects hold, also before its controller has written that down. */
  #withAggregated(role: V1ClusterRole, gathered = new Set<string>()): readonly V1PolicyRule[] {
    const selectors = (role.aggregationRule?.clusterRoleSelectors ?? []).map(labelSelectorFromObject);
    if (selectors.length === 0) return role.rules ?? [];
    gathered.add(role.metadata.name);
    const rules = [...(role.rules ?? [])];
    for (const { object } of this.#clusterRoles.cache.scan()) {
      const other = object as V1ClusterRole;
      if (gathered.has(other.metadata.name)) continue;
      if (selectors.some((selector) => selector.matches(other.metadata.labels ?? {})))
        rules.push(...this.#withAggregated(other, gathered));
    }
    return rules;
  }
}

function isSubject(subject: RbacV1Subject, user: UserInfo, namespace: string): boolean {
  if (subject.kind === "User") return subject.name === user.name;
  if (subject.kind === "Group") return user.groups.includes(subject.name);
  if (!user.name.startsWith("system:serviceaccount:")) return false;
  return user.name === `system:serviceaccount:${subject.namespace ?? namespace}:${subject.name}`;
}

function describeSubject({ kind, name, namespace }: RbacV1Subject, bindingNamespace: string): string {
  const whole = kind === "ServiceAccount" ? `${name}/${namespace ?? bindingNamespace}` : name;
  return `${kind} ${JSON.stringify(whole)}`;
}
