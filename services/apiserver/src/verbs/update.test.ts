import assert from "node:assert/strict";
import type { KubeObject } from "@drydock/apimachinery";
import { createMemoryRegistry, type MemoryRegistry } from "../registry/memory-registry.ts";
import { create } from "./create.ts";
import { update } from "./update.ts";

describe("the resourceVersion of a write", () => {
  let memory: MemoryRegistry;
  before(async () => {
    memory = await createMemoryRegistry();
    await memory.put("", "namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "ns" } });
  });
  after(() => memory.stop());

  const configMaps = () => memory.registry.require("", "v1", "configmaps");
  const objectWith = (name: string, resourceVersion: string, data: object) =>
    ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name, namespace: "ns", resourceVersion },
      data,
    }) as unknown as KubeObject;
  const createWith = (name: string, resourceVersion: string) => {
    const object = objectWith(name, resourceVersion, {});
    return create(configMaps(), { namespace: "ns", object, isDryRun: false, context: memory.contextOf() });
  };
  const updateWith = (resourceVersion: string, data: object) =>
    update(configMaps(), {
      namespace: "ns",
      name: "c",
      subresource: "",
      isDryRun: false,
      context: memory.contextOf(),
      mayCreate: "never",
      next: () => objectWith("c", resourceVersion, data),
    });

  it("is none when it is zero: whatever is there is replaced", async () => {
    const created = await createWith("c", "0");
    const first = await updateWith("0", { a: "1" });
    assert.notEqual(first.stored.object.metadata.resourceVersion, created.object.metadata.resourceVersion);
    const again = await updateWith("0", { a: "1" });
    assert.equal(again.stored.object.metadata.resourceVersion, first.stored.object.metadata.resourceVersion);
  });

  it("guards when it is one", async () => {
    await assert.rejects(updateWith("1", { a: "2" }), /the object has been modified/);
    await assert.rejects(createWith("d", "7"), /resourceVersion should not be set on objects to be created/);
  });
});
