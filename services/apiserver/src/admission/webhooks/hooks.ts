import type { KubeObject } from "@drydock/apimachinery";
import type { V1MutatingWebhook, V1ValidatingWebhook } from "@drydock/kube-api";
import type { Registry, ResourceStore } from "../../registry/registry.ts";
import type { Expression } from "../expressions/expression.ts";
import { compileConditions } from "../expressions/match-conditions.ts";
import { type Criteria, criteriaOf } from "../matching/matcher.ts";

type AnyWebhook = V1ValidatingWebhook & Pick<V1MutatingWebhook, "reinvocationPolicy">;

/** One webhook of one configuration. */
export interface Hook {
  /** Distinguishes it among all. */
  readonly id: string;
  readonly configuration: string;
  readonly webhook: AnyWebhook;
  readonly criteria: Criteria;
  readonly conditions: readonly Expression[];
}

/** The webhooks of all configurations of one kind, in the order of their names; made again only when a configuration changes. */
export class Hooks {
  readonly #store: ResourceStore;
  #version = -1;
  #hooks: readonly Hook[] = [];

  constructor(registry: Registry, resource: string) {
    this.#store = registry.require("admissionregistration.k8s.io", "v1", resource);
  }

  get all(): readonly Hook[] {
    const { cache } = this.#store;
    if (cache.version !== this.#version) {
      this.#version = cache.version;
      this.#hooks = [...cache.scan()].flatMap(({ object }) => hooksOf(object));
    }
    return this.#hooks;
  }
}

function hooksOf(object: KubeObject): Hook[] {
  const { metadata, webhooks } = object as KubeObject & { webhooks?: AnyWebhook[] };
  return (webhooks ?? []).map((webhook, index) => ({
    id: `${metadata.name}/${webhook.name}/${index}`,
    configuration: metadata.name,
    webhook,
    criteria: criteriaOf(webhook, false),
    conditions: compileConditions(webhook.matchConditions, { hasAuthorizer: true }),
  }));
}
