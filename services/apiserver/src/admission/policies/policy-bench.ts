import type { KubeObject } from "@drydock/apimachinery";
import { type Authorizer, AuthorizerChain } from "../../authorization/authorizer.ts";
import type { CallContext } from "../../registry/call.ts";
import { createMemoryRegistry, type MemoryRegistry } from "../../registry/memory-registry.ts";
import { create } from "../../verbs/create.ts";
import { Admission, type AdmissionPlugin } from "../admission.ts";

const GROUP = "admissionregistration.k8s.io";

export type ConfigMap = KubeObject & { data?: Record<string, string> };

/** A registry whose admission is policies alone, and a namespace to try them in. For tests. */
export class PolicyBench {
  readonly memory: MemoryRegistry;
  readonly annotations: Record<string, string> = {};

  private constructor(memory: MemoryRegistry) {
    this.memory = memory;
  }

  static async create(
    plugin: (registry: MemoryRegistry["registry"], authorizer: Authorizer) => AdmissionPlugin,
  ): Promise<PolicyBench> {
    const bench = new PolicyBench(await createMemoryRegistry());
    const { registry } = bench.memory;
    registry.admission = new Admission([plugin(registry, new AuthorizerChain(() => []))]);
    const metadata = { name: "default", labels: { team: "blue" } };
    await bench.memory.put("", "namespaces", { apiVersion: "v1", kind: "Namespace", metadata });
    return bench;
  }

  /** A policy about config maps, `p`, and its binding, `b`. */
  async bind(kind: "Validating" | "Mutating", spec: object, binding: object = {}): Promise<void> {
    const rules = [{ operations: ["*"], apiGroups: [""], apiVersions: ["v1"], resources: ["configmaps"] }];
    if (kind === "Mutating") rules[0] = { ...rules[0], operations: ["CREATE", "UPDATE"] } as (typeof rules)[0];
    await this.memory.put(GROUP, `${kind.toLowerCase()}admissionpolicies`, {
      apiVersion: `${GROUP}/v1`,
      kind: `${kind}AdmissionPolicy`,
      metadata: { name: "p" },
      spec: { matchConstraints: { resourceRules: rules }, ...spec },
    } as KubeObject);
    await this.memory.put(GROUP, `${kind.toLowerCase()}admissionpolicybindings`, {
      apiVersion: `${GROUP}/v1`,
      kind: `${kind}AdmissionPolicyBinding`,
      metadata: { name: "b" },
      spec: { policyName: "p", ...(kind === "Validating" && { validationActions: ["Deny"] }), ...binding },
    } as KubeObject);
  }

  #context(): CallContext {
    return {
      ...this.memory.contextOf(),
      annotate: (key, value) => {
        this.annotations[key] = value;
      },
    };
  }

  async createMap(changes: object = {}): Promise<ConfigMap> {
    const { registry } = this.memory;
    const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "m" }, ...changes } as KubeObject;
    const store = registry.require("", "v1", "configmaps");
    return (await create(store, { namespace: "default", object, isDryRun: false, context: this.#context() })).object;
  }

  /** Whether a config map comes to be, or why not. */
  async verdictOf(changes: object = {}): Promise<string> {
    return this.createMap(changes).then(
      () => "created",
      ({ code, status }) => `${code} ${status.reason}: ${status.message}`,
    );
  }
}
