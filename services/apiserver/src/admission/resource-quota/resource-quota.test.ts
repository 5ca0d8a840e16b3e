import assert from "node:assert/strict";
import type { KubeObject } from "@drydock/apimachinery";
import type { V1ResourceQuota } from "@drydock/kube-api";
import { createMemoryRegistry, type MemoryRegistry } from "../../registry/memory-registry.ts";
import { get } from "../../verbs/get.ts";
import { update } from "../../verbs/update.ts";
import { Admission } from "../admission.ts";
import { resourceQuota } from "./resource-quota.ts";

describe("ResourceQuota", () => {
  let memory: MemoryRegistry;

  beforeEach(async () => {
    memory = await createMemoryRegistry();
    memory.registry.admission = new Admission([resourceQuota(memory.registry)]);
    await memory.put("", "namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "ns" } });
  });
  afterEach(() => memory.stop());

  /** A quota as its controller leaves it: counted. */
  async function quota(name: string, hard: Record<string, string>): Promise<void> {
    await memory.put("", "resourcequotas", {
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata: { namespace: "ns", name },
      spec: { hard },
    } as never);
    const used = Object.fromEntries(Object.keys(hard).map((counted) => [counted, "0"]));
    await update(store(), {
      namespace: "ns",
      name,
      subresource: "status",
      isDryRun: false,
      context: memory.contextOf(),
      next: (current) => ({ ...current, status: { hard, used } }) as unknown as KubeObject,
      mayCreate: "never",
    });
  }
  const store = () => memory.registry.require("", "v1", "resourcequotas");
  const used = async (name: string) => ((await get(store(), "ns", name, "")).object as V1ResourceQuota).status?.used;
  const secret = (name: string) =>
    memory.put("", "secrets", { apiVersion: "v1", kind: "Secret", metadata: { namespace: "ns", name } } as KubeObject);

  it("lets in as many as fit, however many come at once, and books just those", async () => {
    await quota("few", { secrets: "10", "count/secrets": "20" });
    const results = await Promise.allSettled(Array.from({ length: 40 }, (_, index) => secret(`s${index}`)));
    assert.equal(results.filter(({ status }) => status === "fulfilled").length, 10);
    const refused = results.find(({ status }) => status === "rejected") as PromiseRejectedResult;
    assert.equal(
      refused.reason.message,
      'secrets "s10" is forbidden: exceeded quota: few, requested: secrets=1, used: secrets=10, limited: secrets=10',
    );
    assert.deepEqual(await used("few"), { "count/secrets": "10", secrets: "10" });
  });

  it("books nothing when one of several quotas has no room", async () => {
    await quota("a", { secrets: "5" });
    await quota("b", { "count/secrets": "0" });
    await assert.rejects(secret("s"), /exceeded quota: b,/);
    assert.deepEqual(await used("a"), { secrets: "0" });
  });

  it("lets in what is limited only where a quota covers it", async () => {
    const limited = [
      { resource: "secrets", matchContains: ["secrets"] },
      {
        resource: "pods",
        matchScopes: [{ scopeName: "PriorityClass", operator: "In", values: ["high"] }],
      },
    ];
    memory.registry.admission = new Admission([resourceQuota(memory.registry, limited)]);
    await assert.rejects(secret("s"), {
      message: 'secrets "s" is forbidden: insufficient quota to consume: count/secrets,secrets',
    });
    await quota("both", { secrets: "5", "count/secrets": "5" });
    await secret("s");
    const pod = (priorityClassName: string) =>
      memory.put("", "pods", {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { namespace: "ns", name: priorityClassName },
        spec: { priorityClassName, containers: [{ name: "c", image: "i" }] },
      } as KubeObject);
    await pod("low");
    await assert.rejects(pod("high"), {
      message: "insufficient quota to match these scopes: [{PriorityClass In [high]}]",
    });
  });
});
