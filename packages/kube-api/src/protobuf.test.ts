import assert from "node:assert/strict";
import { decodeProtobuf } from "./decode-protobuf.ts";
import { encodeProtobuf } from "./encode-protobuf.ts";
import { schemaNameOf } from "./kind-index.ts";
import { watchFrame, wrapProtobuf } from "./protobuf-envelope.ts";

interface Sample {
  readonly apiVersion: string;
  readonly kind: string;
  readonly [field: string]: unknown;
}

/** Objects and the bytes that the Go types of Kubernetes 1.36 write for them; bytes that are no text are hexadecimal. */
const GO_BYTES: readonly (readonly [object: Sample, text: string])[] = [
  [
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "settings", labels: { b: "2", a: "1" } },
      data: { z: "é", y: "" },
      binaryData: { k: "AAEC" },
      immutable: false,
    },
    String.raw`k8s\x00\x0a\x0f\x0a\x02v1\x12\x09ConfigMap\x12F\x0a(\x0a\x08settings\x12\x00\x1a\x00\x22\x00*\x002\x008\x00B\x00Z\x06\x0a\x01a\x12\x011Z\x06\x0a\x01b\x12\x012\x12\x05\x0a\x01y\x12\x00\x12\x07\x0a\x01z\x12\x02\xc3\xa9\x1a\x08\x0a\x01k\x12\x03\x00\x01\x02 \x00\x1a\x00\x22\x00`,
  ],
  [
    {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: "l", creationTimestamp: "2026-01-02T03:04:05Z", generation: -1 },
      spec: { renewTime: "2026-01-02T03:04:05.123456Z", leaseDurationSeconds: 300 },
    },
    String.raw`k8s\x00\x0a\x1f\x0a\x16coordination.k8s.io/v1\x12\x05Lease\x126\x0a\x22\x0a\x01l\x12\x00\x1a\x00\x22\x00*\x002\x008\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01B\x08\x08\xa5\xeb\xdc\xca\x06\x10\x00\x12\x10\x10\xac\x02\x22\x0b\x08\xa5\xeb\xdc\xca\x06\x10\x80\x94\xef:\x1a\x00\x22\x00`,
  ],
  [
    {
      apiVersion: "v1",
      kind: "LimitRange",
      metadata: { name: "q" },
      spec: { limits: [{ type: "Container", max: { cpu: "0.5", memory: "1024Mi" } }] },
    },
    String.raw`k8s\x00\x0a\x10\x0a\x02v1\x12\x0aLimitRange\x12B\x0a\x11\x0a\x01q\x12\x00\x1a\x00\x22\x00*\x002\x008\x00B\x00\x12-\x0a+\x0a\x09Container\x12\x0d\x0a\x03cpu\x12\x06\x0a\x04500m\x12\x0f\x0a\x06memory\x12\x05\x0a\x031Gi\x1a\x00\x22\x00`,
  ],
  [
    {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: "p" },
      spec: { minAvailable: "50%", maxUnavailable: 0 },
    },
    String.raw`k8s\x00\x0a \x0a\x09policy/v1\x12\x13PodDisruptionBudget\x124\x0a\x11\x0a\x01p\x12\x00\x1a\x00\x22\x00*\x002\x008\x00B\x00\x12\x13\x0a\x09\x08\x01\x10\x00\x1a\x0350%\x1a\x06\x08\x00\x10\x00\x1a\x00\x1a\x0a\x08\x00\x18\x00 \x00(\x000\x00\x1a\x00\x22\x00`,
  ],
];

function bytesOf(text: string): Buffer {
  return Buffer.from(
    text.replaceAll(/\\x(..)/g, (_match, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    "latin1",
  );
}

function encode(object: Sample): Buffer {
  const { apiVersion, kind } = object;
  return wrapProtobuf(apiVersion, kind, encodeProtobuf(schemaNameOf(apiVersion, kind) as string, object));
}

describe("protobuf", () => {
  for (const [object, text] of GO_BYTES) {
    it(`writes a ${object.kind} as Go does, to the byte`, () => {
      assert.equal(encode(object).toString("latin1"), bytesOf(text).toString("latin1"));
    });
  }

  it("holds whole numbers of 64 bits", () => {
    for (const activeDeadlineSeconds of [2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n), 2 ** 53 - 1, -1]) {
      const job = { apiVersion: "batch/v1", kind: "Job", spec: { activeDeadlineSeconds } };
      const { spec } = decodeProtobuf(encode(job)).object as unknown as typeof job;
      assert.equal(spec.activeDeadlineSeconds, activeDeadlineSeconds);
    }
  });

  it("holds doubles, which are whole numbers where JSON shows them as such", () => {
    for (const maximum of [1.5, 3, 1152921504606847000n, 1e300]) {
      const schema = { openAPIV3Schema: { properties: { a: { maximum } } } };
      const definition = {
        apiVersion: "apiextensions.k8s.io/v1",
        kind: "CustomResourceDefinition",
        spec: { group: "g", versions: [{ name: "v1", schema }] },
      };
      const { spec } = decodeProtobuf(encode(definition)).object as unknown as typeof definition;
      assert.equal(spec.versions[0]?.schema.openAPIV3Schema.properties.a.maximum, maximum);
    }
  });

  it("frames watch events by their length", () => {
    const frame = watchFrame("ADDED", Buffer.from("body"));
    assert.equal(frame.readUInt32BE(0), frame.length - 4);
    assert.deepEqual(frame.subarray(4), Buffer.from("\x0a\x05ADDED\x12\x06\x0a\x04body", "latin1"));
  });

  it("says in Go's words what is wrong with bytes", () => {
    const sound = encode({ apiVersion: "v1", kind: "ConfigMap" });
    const within = (message: string) => wrapProtobuf("v1", "ConfigMap", Buffer.from(message, "latin1")) as Uint8Array;
    const cases: readonly (readonly [Uint8Array, RegExp])[] = [
      [Buffer.alloc(0), /^empty data$/],
      [Buffer.from("{}"), /expected prefix \[107 56 115 0\]$/],
      [Buffer.from("k8s\0"), /^empty body$/],
      [sound.subarray(0, -8), /^unexpected EOF$/],
      [within("\x0a\x7f"), /^unexpected EOF$/],
      [within("\x08\x01"), /^proto: wrong wireType = 0 for field Metadata$/],
      [within("\x00\x01"), /^proto: ConfigMap: illegal tag 0 \(wire type 0\)$/],
      [within("\x0c"), /^proto: ConfigMap: wiretype end group for non-group$/],
      [within("\x7f"), /^proto: illegal wireType 7$/],
      [within("\xff".repeat(11)), /^proto: integer overflow$/],
      [wrapProtobuf("v1", "X", new Uint8Array()), /^no kind "X" is registered for version "v1"/],
    ];
    for (const [bytes, message] of cases)
      assert.throws(() => decodeProtobuf(bytes), { name: "ProtobufDecodeError", message });
  });

  it("takes the kind that is expected where the envelope names none", () => {
    const bytes = wrapProtobuf("", "", encodeProtobuf("io.k8s.api.core.v1.ConfigMap", { data: { a: "1" } }));
    const { object } = decodeProtobuf(bytes, { apiVersion: "v1", kind: "ConfigMap" });
    assert.deepEqual(object, { apiVersion: "v1", kind: "ConfigMap", metadata: {}, data: { a: "1" } });
  });
});
