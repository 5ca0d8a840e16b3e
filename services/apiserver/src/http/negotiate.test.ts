import assert from "node:assert/strict";
import { negotiate, parseAccept, restrictionOf, untransformed } from "./negotiate.ts";

const pods = restrictionOf({ schema: "io.k8s.api.core.v1.Pod" });
const custom = restrictionOf({ schema: "com.example.v1.Widget" });
const JSON_TYPE = "application/json";
const YAML = "application/yaml";
const PROTOBUF = "application/vnd.kubernetes.protobuf";

const table = (version: string) => `${JSON_TYPE};as=Table;v=${version};g=meta.k8s.io`;

const written = (accept: string, restriction = pods) => {
  const found = negotiate(accept, restriction);
  return found && `${found.format} ${found.transform} ${found.transformVersion}${found.isPretty ? " pretty" : ""}`;
};

describe("negotiate", () => {
  for (const [accept, expected] of [
    ["", "json none v1"],
    ["*/*", "json none v1"],
    ["application/*", "json none v1"],
    [YAML, "yaml none v1"],
    [PROTOBUF, "protobuf none v1"],
    [`${PROTOBUF},${JSON_TYPE}`, "protobuf none v1"],
    [`${PROTOBUF};q=0.5, ${JSON_TYPE}`, "json none v1"],
    [`${JSON_TYPE};q=0.1,${YAML};q=0.2,${PROTOBUF};q=0.3`, "protobuf none v1"],
    [`*/*, ${YAML}`, "yaml none v1"],
    [`text/html, ${YAML}`, "yaml none v1"],
    [table("v1"), "json Table v1"],
    [`${table("v2")},${table("v1beta1")},${JSON_TYPE}`, "json Table v1beta1"],
    [`${YAML};as=Table;v=v1;g=meta.k8s.io`, "yaml Table v1"],
    // A table has no protobuf form: the next alternative counts.
    [`${PROTOBUF};as=Table;v=v1;g=meta.k8s.io, ${PROTOBUF}`, "protobuf none v1"],
    [`${PROTOBUF};as=PartialObjectMetadata;v=v1;g=meta.k8s.io`, "protobuf PartialObjectMetadata v1"],
    [`${JSON_TYPE};as=Table;g=meta.k8s.io`, undefined],
    [`${JSON_TYPE};as=Pod;v=v1;g=meta.k8s.io`, undefined],
    [`${JSON_TYPE};g=meta.k8s.io`, undefined],
    [`${JSON_TYPE};stream=watch`, "json none v1"],
    [`${JSON_TYPE};stream=other`, undefined],
    [`${JSON_TYPE};pretty=1`, "json none v1 pretty"],
    [`${JSON_TYPE};sv=v2`, undefined],
    ["application/cbor", undefined],
    ["Application/JSON", undefined],
    ["application/json/x", undefined],
  ] as const) {
    it(`of "${accept}" is ${expected}`, () => assert.equal(written(accept), expected));
  }

  it("offers no protobuf of kinds without messages, but of their metadata", () => {
    assert.equal(written(PROTOBUF, custom), undefined);
    assert.equal(written(`${PROTOBUF},${JSON_TYPE}`, custom), "json none v1");
    assert.equal(
      written(`${PROTOBUF};as=PartialObjectMetadata;v=v1;g=meta.k8s.io`, custom),
      "protobuf PartialObjectMetadata v1",
    );
  });

  it("writes what stands in no collection as it is", () => {
    const review = restrictionOf({ schema: "io.k8s.api.authorization.v1.SelfSubjectAccessReview", isPlain: true });
    assert.equal(written(table("v1"), review), undefined);
    assert.equal(written(`${JSON_TYPE};as=PartialObjectMetadata;v=v1;g=meta.k8s.io`, review), undefined);
    assert.equal(written(`${table("v1")},${JSON_TYPE}`, review), "json none v1");
    assert.equal(written(PROTOBUF, review), "protobuf none v1");
  });

  it("writes errors as they are, whatever the object should have become", () => {
    assert.equal(written(`${table("v1")},${JSON_TYPE}`, untransformed), "json none v1");
    assert.equal(written(table("v1"), untransformed), undefined);
  });

  it("ranks by quality, then puts wildcards last", () => {
    const order = (accept: string) => parseAccept(accept).map(({ type }) => type);
    assert.deepEqual(order("a/b;q=0.2, c/d;q=0.8, e/f"), ["e/f", "c/d", "a/b"]);
    assert.deepEqual(order("*/*, a/*, a/b"), ["a/b", "a/*", "*/*"]);
    assert.deepEqual(order("*"), ["*/*"]);
    assert.deepEqual(order("text"), []);
  });
});
