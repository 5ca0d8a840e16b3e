import assert from "node:assert/strict";
import { checkEmbeddedMetadata } from "./embedded-metadata.ts";
import type { Structural } from "./schema/structural.ts";

describe("the metadata of embedded objects", () => {
  const embedded = { type: "object", "x-kubernetes-embedded-resource": true, properties: { spec: { type: "object" } } };
  const schema = {
    type: "object",
    properties: {
      template: embedded,
      list: { type: "array", items: embedded },
      plain: { type: "object", properties: { metadata: { type: "object", properties: { odd: { type: "string" } } } } },
    },
  } as unknown as Structural;
  const metadata = (more: object) => ({ metadata: { name: "x", namespace: "n", ...more } });

  it("loses fields that no metadata has, and tells of them", () => {
    const value = { template: metadata({ odd: 1 }), list: [metadata({}), metadata({ odd: 1 })], plain: metadata({}) };
    assert.deepEqual(checkEmbeddedMetadata(value, schema), ["template.metadata.odd", "list[1].metadata.odd"]);
    assert.deepEqual(value, { template: metadata({}), list: [metadata({}), metadata({})], plain: metadata({}) });
  });

  it("is left as it is where its types are wrong, or it is none", () => {
    const value = { template: metadata({ labels: 7, odd: 1 }), list: [{ metadata: "x" }, "y"] };
    const before = structuredClone(value);
    assert.deepEqual(checkEmbeddedMetadata(value, schema), []);
    assert.deepEqual(value, before);
  });
});
