import assert from "node:assert/strict";
import { type KubeObject, StatusError } from "@drydock/apimachinery";
import { createMemoryRegistry, type MemoryRegistry } from "../registry/memory-registry.ts";
import { create } from "./create.ts";

describe("creating next to nothing", () => {
  let memory: MemoryRegistry;
  before(async () => {
    memory = await createMemoryRegistry();
  });
  after(() => memory.stop());

  const bodies: [string, object][] = [
    ["neither name nor spec", { metadata: {} }],
    ["a name alone", { metadata: { name: "a" } }],
    ["an empty spec", { metadata: { name: "b" }, spec: {} }],
    ["an empty template", { metadata: { name: "c" }, spec: { template: {}, jobTemplate: {}, selector: {} } }],
    ["empty lists", { metadata: { name: "d" }, spec: { containers: [{}], rules: [{}], ports: [{}] }, rules: [{}] }],
  ];
  for (const [what, body] of bodies)
    it(`is done or refused, for every kind: ${what}`, async () => {
      const failures: string[] = [];
      for (const store of memory.registry.stores) {
        const { group, version, kind, isNamespaced } = store.definition;
        const object = { ...structuredClone(body), apiVersion: group ? `${group}/${version}` : version, kind };
        const namespace = isNamespaced ? "ns" : "";
        const request = { namespace, object: object as KubeObject, isDryRun: false, context: memory.contextOf() };
        await create(store, request).catch((error: unknown) => {
          if (!(error instanceof StatusError) || error.code >= 500) failures.push(`${kind}: ${(error as Error).stack}`);
        });
      }
      assert.deepEqual(failures, []);
    });
});
