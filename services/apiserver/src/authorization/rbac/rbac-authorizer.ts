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
import { ruleAllows } from "./rules.ts";

const GROUP = "rbac.authorization.k8s.io";

/** Decides by roles and their bindings, as the caches have them. */
export class RbacAuthorizer implements Authorizer {
  readonly name = "RBAC";
  readonly #registry: Registry;
  readonly #clusterRoles: ResourceStore;
  readonly #clusterRoleBindings: ResourceStore;
  readonly #roles: ResourceStore;
  readonly #roleBindings: ResourceStore;

  constructor(registry: Registry) {
    this.#registry = registry;
    this.#clusterRoles = registry.require(GROUP, "v1", "clusterroles");
    this.#clusterRoleBindings = registry.require(GROUP, "v1", "clusterrolebindings");
    this.#roles = registry.require(GROUP, "v1", "roles");
    this.#roleBindings = registry.require(GROUP, "v1", "rolebindings");
  }

  authorize(attributes: Attributes): Decision {
    for (const rule of this.#rules(attributes.user, attributes.namespace)) {
      if (ruleAllows(rule, attributes)) return { verdict: "allow", reason: "" };
    }
    return { verdict: "no-opinion", reason: "" };
  }

  /** Every rule that applies to the user in the namespace (empty: cluster-wide ones only). */
  rulesFor(user: UserInfo, namespace: string): V1PolicyRule[] {
    return [...this.#rules(user, namespace)];
  }

  /** The rules of a role, as a binding in `namespace` would see them; undefined when it does not exist. */
  rulesOfRole(roleRef: V1RoleRef, namespace: string): readonly V1PolicyRule[] | undefined {
    if (roleRef.kind === "Role")
      return this.#registry.cached<V1Role>(this.#roles, namespace, roleRef.name)?.rules ?? undefined;
    const role = this.#registry.cached<V1ClusterRole>(this.#clusterRoles, "", roleRef.name);
    return role && this.#withAggregated(role);
  }

  *#rules(user: UserInfo, namespace: string): Generator<V1PolicyRule> {
    for (const { object } of this.#clusterRoleBindings.cache.scan()) {
      const binding = object as V1ClusterRoleBinding;
      if (isSubject(binding.subjects, user, "")) yield* this.rulesOfRole(binding.roleRef, "") ?? [];
    }
    if (namespace === "") return;
    const prefix = `${this.#roleBindings.cache.prefix}${namespace}/`;
    for (const { object } of this.#roleBindings.cache.scan(prefix)) {
      const binding = object as V1RoleBinding;
      if (isSubject(binding.subjects, user, namespace)) yield* this.rulesOfRole(binding.roleRef, namespace) ?? [];
    }
  }

  /** An aggregated role holds what the roles it selects hold, also before its controller has written that down. */
  #withAggregated(role: V1ClusterRole): readonly V1PolicyRule[] {
    const selectors = (role.aggregationRule?.clusterRoleSelectors ?? []).map(labelSelectorFromObject);
    if (selectors.length === 0) return role.rules ?? [];
    const rules = [...(role.rules ?? [])];
    for (const { object } of this.#clusterRoles.cache.scan()) {
      const other = object as V1ClusterRole;
      if (other.metadata.name === role.metadata.name) continue;
      if (selectors.some((selector) => selector.matches(other.metadata.labels ?? {})))
        rules.push(...(other.rules ?? []));
    }
    return rules;
  }
}

function isSubject(subjects: readonly RbacV1Subject[] | undefined, user: UserInfo, namespace: string): boolean {
  return (subjects ?? []).some((subject) => {
    if (subject.kind === "User") return subject.name === user.name;
    if (subject.kind === "Group") return user.groups.includes(subject.name);
    return user.name === `system:serviceaccount:${subject.namespace ?? namespace}:${subject.name}`;
  });
}
