import assert from "node:assert/strict";
import { allSchemas, decodeProtobuf, encodeProtobuf, fullObject, wrapProtobuf } from "@drydock/kube-api";
import { PayloadDecoder, PayloadEncoder } from "@drydock/wire";

interface Kind {
  readonly schema: string;
  readonly apiVersion: string;
  readonly kind: string;
}

/** Every kind with a schema, but lists. */
function allKinds(): Kind[] {
  return Object.entries(allSchemas()).flatMap(([schema, { properties, ...rest }]) =>
    (rest["x-kubernetes-group-version-kind"] ?? [])
      .filter(({ kind }) => !(kind.endsWith("List") && properties?.["items"]))
      .map(({ group, version, kind }) => ({ schema, apiVersion: group ? `${group}/${version}` : version, kind })),
  );
}

describe("encodings of every kind, with every field filled", () => {
  it("JSON, protobuf, msgpack and back lose nothing", () => {
    const kinds = allKinds();
    assert.ok(kinds.length > 90, `${kinds.length} kinds`);
    const encoder = new PayloadEncoder();
    for (const { schema, apiVersion, kind } of kinds) {
      const object = fullObject(schema, apiVersion, kind);
      const fromProtobuf = decodeProtobuf(wrapProtobuf(apiVersion, kind, encodeProtobuf(schema, object))).object;
      assert.deepEqual(fromProtobuf, object, `${apiVersion} ${kind}`);
      const payload = encoder.encode(fromProtobuf);
      const decoder = new PayloadDecoder();
      decoder.learn(encoder.structures());
      assert.deepEqual(JSON.parse(JSON.stringify(decoder.decode(payload))), object, `${apiVersion} ${kind}`);
    }
  }).timeout(20_000);
});
