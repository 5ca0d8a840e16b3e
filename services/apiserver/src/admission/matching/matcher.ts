import {
  type GroupVersionKind,
  type GroupVersionResource,
  type KubeObject,
  labelSelectorFromObject,
  notFound,
  type Selector,
} from "@drydock/apimachinery";
import type { V1MatchResources, V1NamedRuleWithOperations, V1Namespace } from "@drydock/kube-api";
import { StoredObject } from "../../cache/stored-object.ts";
import type { ResourceDefinition } from "../../registry/definition.ts";
import { keyOf, type Registry, type ResourceStore } from "../../registry/registry.ts";
import type { AdmissionRequest, AdmittedResource } from "../admission.ts";
import { matchesRule } from "./match-rules.ts";
import { isNamespaces, subjectKind, subjectNamespace, subjectObject, subjectOldObject } from "./subject.ts";
import { Versions } from "./versions.ts";

/** What a webhook, a policy or a binding asks to see, made ready for many requests. */
export interface Criteria {
  readonly rules: readonly V1NamedRuleWithOperations[];
  readonly excludeRules: readonly V1NamedRuleWithOperations[];
  /** Rules that name one version of a resource mean all of them. */
  readonly isEquivalent: boolean;
  readonly namespaceSelector: Selector;
  readonly objectSelector: Selector;
  /** What no rules at all mean: nothing to a webhook, everything to a binding. */
  readonly matchesWithoutRules: boolean;
}

/** As what a request is shown: its own resource, or the equivalent one that a rule names. */
export interface Match {
  readonly resource: GroupVersionResource;
  readonly kind: GroupVersionKind;
  /** Objects are converted to the version of this one; undefined when they are shown as they are. */
  readonly converted: ResourceDefinition | undefined;
}

export function criteriaOf(
  match: (Omit<V1MatchResources, "resourceRules"> & { rules?: V1NamedRuleWithOperations[] }) | undefined,
  matchesWithoutRules: boolean,
): Criteria {
  return {
    rules: match?.rules ?? [],
    excludeRules: match?.excludeResourceRules ?? [],
    isEquivalent: match?.matchPolicy !== "Exact",
    namespaceSelector: labelSelectorFromObject(match?.namespaceSelector ?? {}),
    objectSelector: labelSelectorFromObject(match?.objectSelector ?? {}),
    matchesWithoutRules,
  };
}

/** Decides who is asked about a request. */
export class Matcher {
  readonly #registry: Registry;
  readonly #versions: Versions;
  readonly #namespaces: ResourceStore;

  constructor(registry: Registry) {
    this.#registry = registry;
    this.#versions = new Versions(registry);
    this.#namespaces = registry.require("", "v1", "namespaces");
  }

  /** Undefined when the request is none of theirs. Throws the 404 of a namespace that they need to know of. */
  async match(criteria: Criteria, request: AdmissionRequest): Promise<Match | undefined> {
    const found = this.mayMatch(criteria, request);
    return found && (await this.#matchesNamespace(criteria.namespaceSelector, request)) ? found : undefined;
  }

  /** What can be told without knowing the namespace: of most requests that they are none of theirs. */
  mayMatch(criteria: Criteria, request: AdmissionRequest): Match | undefined {
    if (this.#findRule(criteria.excludeRules, criteria, request)) return undefined;
    const found =
      criteria.rules.length === 0 && criteria.matchesWithoutRules
        ? asItself(request)
        : this.#findRule(criteria.rules, criteria, request);
    return found && matchesObject(criteria.objectSelector, request) ? found : undefined;
  }

  #findRule(
    rules: readonly V1NamedRuleWithOperations[],
    { isEquivalent }: Criteria,
    request: AdmissionRequest,
  ): Match | undefined {
    if (rules.length === 0) return undefined;
    const itself = asItself(request);
    if (rules.some((rule) => matchesRule(rule, request, itself.resource))) return itself;
    if (!isEquivalent) return undefined;
    const others = this.#versions.equivalentsOf(request.definition);
    if (others.length === 0) return undefined;
    for (const rule of rules)
      for (const other of others) if (matchesRule(rule, request, resourceOf(other))) return asOther(request, other);
    return undefined;
  }

  async #matchesNamespace(selector: Selector, request: AdmissionRequest): Promise<boolean> {
    if (selector.isEmpty) return true;
    const namespace = subjectNamespace(request);
    if (namespace === "" && !isNamespaces(request)) return true;
    // A namespace that is written has the labels that it will have.
    if (isNamespaces(request) && request.subresource === "" && request.object)
      return selector.matches(request.object.metadata.labels);
    const found = await this.namespace(namespace);
    if (!found) throw notFound({ group: "", resource: "namespaces" }, namespace);
    return selector.matches(found.metadata.labels);
  }

  /** From the cache, or from the store when it was made a moment ago. */
  async namespace(name: string): Promise<V1Namespace | undefined> {
    const cached = this.#registry.cached<V1Namespace>(this.#namespaces, "", name);
    if (cached) return cached;
    const { kv } = await this.#registry.ports.storage.get(keyOf(this.#namespaces.definition, "", name));
    return kv && (StoredObject.decode(kv).object as V1Namespace);
  }
}

function matchesObject(selector: Selector, request: AdmissionRequest): boolean {
  if (selector.isEmpty) return true;
  const matches = (object: KubeObject | undefined) =>
    object?.metadata !== undefined && selector.matches(object.metadata.labels);
  return matches(subjectObject(request)) || matches(subjectOldObject(request));
}

function asItself(request: AdmissionRequest): Match {
  return { resource: resourceOf(request.definition), kind: subjectKind(request), converted: undefined };
}

function asOther(request: AdmissionRequest, other: ResourceDefinition): Match {
  if (request.view) return { resource: resourceOf(other), kind: request.view.kind, converted: undefined };
  const { group, version, kind } = other;
  return { resource: resourceOf(other), kind: { group, version, kind }, converted: other };
}

function resourceOf({ group, version, resource }: AdmittedResource): GroupVersionResource {
  return { group, version, resource };
}
