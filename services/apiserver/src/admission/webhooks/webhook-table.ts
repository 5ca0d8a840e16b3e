import type { KubeObject } from "@drydock/apimachinery";
import type { V1MutatingWebhook } from "@drydock/kube-api";
import { AuthorizerChain } from "../../authorization/authorizer.ts";
import { createMemoryRegistry, type MemoryRegistry } from "../../registry/memory-registry.ts";
import { create } from "../../verbs/create.ts";
import { Admission } from "../admission.ts";
import { ConditionMetrics } from "../expressions/condition-metrics.ts";
import { mutatingWebhooks } from "./mutating-webhooks.ts";
import { validatingWebhooks } from "./validating-webhooks.ts";
import { WebhookMetrics } from "./webhook-metrics.ts";

/** What a webhook of a test is asked. */
export interface Asked {
  readonly hook: string;
  readonly apiVersion: string;
  readonly request: Readonly<Record<string, unknown>> & {
    readonly uid: string;
    readonly object: KubeObject | null;
    readonly oldObject: KubeObject | null;
  };
}

/** The response's content beside the uid, or an error to fail with. */
export type Respond = (asked: Asked) => Readonly<Record<string, unknown>> | Error | Promise<Record<string, unknown>>;

export const allow: Respond = () => ({ allowed: true });

export function patch(...operations: readonly object[]): Readonly<Record<string, unknown>> {
  const text = Buffer.from(JSON.stringify(operations)).toString("base64");
  return { allowed: true, patchType: "JSONPatch", patch: text };
}

/** A registry whose admission is webhooks alone, which are functions. */
export class WebhookBench {
  readonly memory: MemoryRegistry;
  readonly asked: Asked[] = [];
  readonly hooks = new Map<string, Respond>();

  private constructor(memory: MemoryRegistry) {
    this.memory = memory;
  }

  static async create(): Promise<WebhookBench> {
    const bench = new WebhookBench(await createMemoryRegistry());
    const { registry, clock } = bench.memory;
    const ports = {
      registry,
      authorizer: new AuthorizerChain(() => []),
      post: (config: { url?: string }, body: object) => bench.#post(config.url ?? "", body),
      metrics: new WebhookMetrics(),
      conditionMetrics: new ConditionMetrics(),
      clock,
      logger: { warn: () => {} },
    };
    registry.admission = new Admission([mutatingWebhooks(ports), validatingWebhooks(ports)]);
    await bench.put("", "namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "default" } });
    return bench;
  }

  async #post(url: string, body: object): Promise<unknown> {
    const { apiVersion, request } = structuredClone(body) as Omit<Asked, "hook">;
    const hook = new URL(url).hostname;
    const asked = { hook, apiVersion, request };
    this.asked.push(asked);
    const response = await (this.hooks.get(hook) ?? allow)(asked);
    if (response instanceof Error) throw response;
    return { apiVersion, kind: "AdmissionReview", response: { uid: request.uid, ...response } };
  }

  put<T extends KubeObject>(group: string, resource: string, object: T): Promise<T> {
    return this.memory.put(group, resource, object);
  }

  /** A configuration of one webhook, called `<name>.example.com`, for the creation and update of config maps. */
  async configure(
    type: "Mutating" | "Validating",
    name: string,
    respond: Respond,
    changes: Partial<V1MutatingWebhook> = {},
  ): Promise<void> {
    this.hooks.set(`${name}.example.com`, respond);
    const webhook = {
      name: `${name}.example.com`,
      clientConfig: { url: `https://${name}.example.com` },
      admissionReviewVersions: ["v1"],
      sideEffects: "None",
      rules: [{ operations: ["*"], apiGroups: [""], apiVersions: ["v1"], resources: ["configmaps"] }],
      ...changes,
    };
    await this.put("admissionregistration.k8s.io", `${type.toLowerCase()}webhookconfigurations`, {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: `${type}WebhookConfiguration`,
      metadata: { name },
      webhooks: [webhook],
    } as KubeObject);
  }

  /** Creates a config map and says what it became. */
  async createMap(changes: object = {}, isDryRun = false): Promise<KubeObject & { data?: Record<string, string> }> {
    const { registry } = this.memory;
    const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "m" }, ...changes } as KubeObject;
    const stored = await create(registry.require("", "v1", "configmaps"), {
      namespace: "default",
      object,
      isDryRun,
      context: this.memory.contextOf(),
    });
    return stored.object;
  }
}
