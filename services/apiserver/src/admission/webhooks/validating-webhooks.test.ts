import assert from "node:assert/strict";
import { parseCallOptions } from "../../registry/call-options.ts";
import { deleteCollection } from "../../verbs/delete-collection.ts";
import { allow, patch, WebhookBench } from "./webhook-table.ts";

describe("validating webhooks", () => {
  let bench: WebhookBench;
  beforeEach(async () => {
    bench = await WebhookBench.create();
  });
  afterEach(() => bench.memory.stop());

  it("are asked at once, about the object as it will be stored", async () => {
    let release = () => {};
    const both = new Promise<void>((resolve) => {
      release = resolve;
    });
    const meet = async () => {
      if (bench.asked.length === 3) release();
      await both;
      return { allowed: true };
    };
    await bench.configure("Mutating", "m", () => patch({ op: "add", path: "/data", value: { k: "v" } }));
    await bench.configure("Validating", "a", meet);
    await bench.configure("Validating", "b", meet);
    await bench.createMap();
    const seen = bench.asked.slice(1).map(({ request }) => request.object as typeof request.object & { data: unknown });
    assert.deepEqual(
      seen.map((object) => [object?.data, typeof object?.metadata.uid]),
      [
        [{ k: "v" }, "string"],
        [{ k: "v" }, "string"],
      ],
    );
  });

  it("refuse, whatever the others say", async () => {
    await bench.configure("Validating", "a", allow);
    await bench.configure("Validating", "b", () => ({ allowed: false, status: { code: 403, message: "not this" } }));
    await assert.rejects(bench.createMap(), {
      code: 403,
      message: 'admission webhook "b.example.com" denied the request: not this',
    });
  });

  it("change nothing", async () => {
    await bench.configure("Validating", "a", () => patch({ op: "remove", path: "/metadata" }));
    await assert.rejects(bench.createMap(), { message: /validating webhook may not return response.patch$/ });
  });

  it("are not asked about the configurations themselves", async () => {
    const rules = [{ operations: ["*"], apiGroups: ["*"], apiVersions: ["*"], resources: ["*/*"] }];
    await bench.configure("Validating", "a", () => ({ allowed: false }), { rules });
    await bench.configure("Validating", "b", allow, { rules });
    assert.equal(bench.asked.length, 0);
  });

  it("see a namespace by the labels that it will have", async () => {
    const rules = [{ operations: ["*"], apiGroups: [""], apiVersions: ["v1"], resources: ["namespaces"] }];
    const namespaceSelector = { matchLabels: { guarded: "yes" } };
    await bench.configure("Validating", "a", () => ({ allowed: false }), { rules, namespaceSelector });
    const head = { apiVersion: "v1", kind: "Namespace" };
    await bench.put("", "namespaces", { ...head, metadata: { name: "free" } });
    const guarded = bench.put("", "namespaces", { ...head, metadata: { name: "held", labels: { guarded: "yes" } } });
    await assert.rejects(guarded, { code: 400 });
    assert.equal(bench.asked[0]?.request["namespace"], "held");
  });

  it("see no name of one that is deleted with many", async () => {
    await bench.createMap();
    await bench.configure("Validating", "a", allow);
    const store = bench.memory.registry.require("", "v1", "configmaps");
    const options = {
      dryRun: false,
      gracePeriodSeconds: undefined,
      propagationPolicy: undefined,
      preconditions: undefined,
    };
    await deleteCollection(store, "default", parseCallOptions({}), options, bench.memory.contextOf());
    const { request } = bench.asked.at(-1) ?? {};
    assert.deepEqual(
      [request?.["operation"], request?.["name"], request?.oldObject?.metadata.name],
      ["DELETE", undefined, "m"],
    );
  });
});
