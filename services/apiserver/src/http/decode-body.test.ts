import assert from "node:assert/strict";
import type { ObjectKind } from "../registry/field-validation.ts";
import { decodeObject } from "./decode-body.ts";

describe("decodeObject", () => {
  const configMap = { group: "", version: "v1", kind: "ConfigMap", schema: "io.k8s.api.core.v1.ConfigMap" };
  const decode = (text: string, kind: ObjectKind = configMap) =>
    decodeObject(Buffer.from(text), "application/json", kind, "Strict", () => {});

  it("complains of fields in the order in which a typed decoder meets them", () => {
    const text = '{"kind":"ConfigMap","nope":1,"data":{"a":"1","a":"2"},"metadata":{"odd":1,"name":"c"},"nope":2}';
    assert.throws(() => decode(text), {
      message:
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "nope", duplicate field "data.a", unknown field "metadata.odd", duplicate field "nope"',
    });
  });

  it("takes the older versions of a message, and no others", () => {
    const eviction = { group: "policy", version: "v1", kind: "Eviction", schema: "io.k8s.api.policy.v1.Eviction" };
    const body = (version: string) => `{"apiVersion":"policy/${version}","kind":"Eviction","metadata":{"name":"p"}}`;
    const older = { ...eviction, olderVersions: ["v1beta1"] };
    assert.equal(decode(body("v1beta1"), older).apiVersion, "policy/v1");
    for (const [version, kind] of [
      ["v1alpha1", older],
      ["v1beta1", eviction],
    ] as const)
      assert.throws(() => decode(body(version), kind), /does not match the expected API version \(policy\/v1\)/);
  });
});
