import assert from "node:assert/strict";
import { PayloadDecoder, PayloadEncoder } from "./payload-codec.ts";

function pod(index: number) {
  const extra = Object.fromEntries([[`key-${index}`, "v"]]);
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `p${index}`, labels: { app: "web", ...extra }, generation: 1, deletionGracePeriodSeconds: null },
    spec: {
      containers: [{ name: "c", image: "nginx", ports: [{ containerPort: 80 }] }],
      terminationGracePeriodSeconds: 30,
    },
    text: "ünï – 漢字",
    big: 2 ** 45,
    ratio: 0.5,
    empty: {},
    none: [],
  };
}

describe("payload codec", () => {
  it("carries any JSON value through shared structures, in any order of decoding", () => {
    const encoder = new PayloadEncoder();
    const decoder = new PayloadDecoder();
    const objects = Array.from({ length: 3000 }, (_, index) => pod(index));
    const payloads = objects.map((object) => Buffer.from(encoder.encode(object)));
    decoder.learn(encoder.structures());
    for (const index of [2999, 0, 1500, 1, 31, 32, 33])
      assert.deepEqual(decoder.decode(payloads[index] as Buffer), objects[index]);
  });

  it("lets two receivers that learned at different times decode the same bytes", () => {
    const encoder = new PayloadEncoder();
    const early = new PayloadDecoder();
    encoder.encode({ a: 1 });
    early.learn(encoder.structures());
    const generation = encoder.generation;
    const bytes = Buffer.from(encoder.encode({ b: { c: [1, "x"] } }));
    assert.ok(encoder.generation > generation);
    early.learn(encoder.structures());
    const late = new PayloadDecoder();
    late.learn(encoder.structures());
    for (const decoder of [early, late]) assert.deepEqual(decoder.decode(bytes), { b: { c: [1, "x"] } });
  });

  it("carries whole numbers of 64 bits", () => {
    const encoder = new PayloadEncoder();
    const decoder = new PayloadDecoder();
    const value = { exact: [2n ** 53n + 1n, -(2n ** 63n), 2n ** 63n - 1n], doubles: [2 ** 60, 1e300] };
    const payload = Buffer.from(encoder.encode(value));
    decoder.learn(encoder.structures());
    assert.deepEqual(decoder.decode(payload), value);
  });

  it("is smaller than JSON for repeated shapes", () => {
    const encoder = new PayloadEncoder();
    encoder.encode(pod(1));
    assert.ok(encoder.encode(pod(1)).length < JSON.stringify(pod(1)).length * 0.65);
  });

  it("refuses malformed structures and payloads", () => {
    const decoder = new PayloadDecoder();
    assert.throws(() => decoder.learn(Buffer.from([0x81, 0xa1, 0x61, 0x01])));
    assert.throws(() => decoder.decode(Buffer.from([0xc1, 0x00, 0xff])));
  });
});
