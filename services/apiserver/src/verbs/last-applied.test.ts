import assert from "node:assert/strict";
import type { KubeObject } from "@drydock/apimachinery";
import { LAST_APPLIED, withLastApplied } from "./last-applied.ts";

describe("the annotation of what kubectl last applied", () => {
  const objectWith = (annotations?: Record<string, string>): KubeObject => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "c", ...(annotations && { annotations }) },
  });
  const sent = {
    kind: "ConfigMap",
    apiVersion: "v1",
    metadata: { name: "c", annotations: { [LAST_APPLIED]: "old" } },
    data: { b: "<&>", a: "1" },
  };

  it("becomes what was sent, without itself, as Go writes it", () => {
    const { metadata } = withLastApplied(objectWith({ [LAST_APPLIED]: "old", other: "x" }), sent);
    assert.deepEqual(metadata.annotations, {
      other: "x",
      [LAST_APPLIED]: `{"apiVersion":"v1","data":{"a":"1","b":"\\u003c\\u0026\\u003e"},"kind":"ConfigMap","metadata":{"name":"c"}}\n`,
    });
  });

  it("keeps the other annotations that were sent", () => {
    const annotated = { ...sent, metadata: { name: "c", annotations: { note: "n" } } };
    const text = withLastApplied(objectWith({ [LAST_APPLIED]: "old" }), annotated).metadata.annotations?.[LAST_APPLIED];
    assert.match(text ?? "", /"metadata":\{"annotations":\{"note":"n"\},"name":"c"\}/);
  });

  it("is not added to objects that have none", () => {
    for (const object of [objectWith(), objectWith({ other: "x" }), objectWith({ [LAST_APPLIED]: "" })])
      assert.equal(withLastApplied(object, sent), object);
  });
});
