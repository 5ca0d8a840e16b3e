import type { KubeObject } from "@drydock/apimachinery";
import type { V1MatchResources, V1ParamKind, V1ParamRef } from "@drydock/kube-api";
import type { Registry, ResourceStore } from "../../registry/registry.ts";
import { type Criteria, criteriaOf } from "../matching/matcher.ts";

/** What both kinds of policies have alike. */
export interface Policy extends KubeObject {
  readonly spec?: {
    readonly failurePolicy?: string;
    readonly matchConstraints?: V1MatchResources;
    readonly paramKind?: V1ParamKind;
  };
}

export interface Binding extends KubeObject {
  readonly spec?: {
    readonly policyName?: string;
    readonly matchResources?: V1MatchResources;
    readonly paramRef?: V1ParamRef;
    readonly validationActions?: readonly string[];
  };
}

export interface BoundPolicy<P extends Policy, C> {
  readonly policy: P;
  readonly criteria: Criteria;
  readonly compiled: C;
  readonly bindings: readonly { readonly binding: Binding; readonly criteria: Criteria }[];
}

/** All policies of one kind that are bound, by name, each with its bindings by name; made again only when one of them changes. */
export class PolicySource<P extends Policy, C> {
  readonly #policies: ResourceStore;
  readonly #bindings: ResourceStore;
  readonly #compile: (policy: P) => C;
  /** What was compiled of a version of a policy, as long as that lives. */
  readonly #compiled = new WeakMap<object, { readonly criteria: Criteria; readonly compiled: C }>();
  #versions: readonly [policies: number, bindings: number] = [-1, -1];
  #bound: readonly BoundPolicy<P, C>[] = [];

  constructor(registry: Registry, resource: string, bindings: string, compile: (policy: P) => C) {
    const group = "admissionregistration.k8s.io";
    this.#policies = registry.require(group, "v1", resource);
    this.#bindings = registry.require(group, "v1", bindings);
    this.#compile = compile;
  }

  get bound(): readonly BoundPolicy<P, C>[] {
    const [policies, bindings] = this.#versions;
    if (this.#policies.cache.version !== policies || this.#bindings.cache.version !== bindings) this.#bind();
    return this.#bound;
  }

  #bind(): void {
    this.#versions = [this.#policies.cache.version, this.#bindings.cache.version];
    const byPolicy = Map.groupBy(
      Array.from(this.#bindings.cache.scan(), ({ object }) => object as Binding),
      ({ spec }) => spec?.policyName ?? "",
    );
    this.#bound = [...this.#policies.cache.scan()].flatMap(({ object }) => {
      const bindings = byPolicy.get(object.metadata.name);
      if (!bindings) return [];
      const policy = object as P;
      return {
        policy,
        ...this.#compiledOf(policy),
        bindings: bindings.map((binding) => ({ binding, criteria: criteriaOfMatch(binding.spec?.matchResources) })),
      };
    });
  }

  #compiledOf(policy: P) {
    let known = this.#compiled.get(policy);
    if (!known) {
      known = { criteria: criteriaOfMatch(policy.spec?.matchConstraints), compiled: this.#compile(policy) };
      this.#compiled.set(policy, known);
    }
    return known;
  }
}

/** A match without rules is one of everything. */
function criteriaOfMatch(match: V1MatchResources | undefined): Criteria {
  return criteriaOf({ ...match, rules: match?.resourceRules ?? [] }, true);
}
