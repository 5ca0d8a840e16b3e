import assert from "node:assert/strict";
import { checkFields } from "./check-fields.ts";

describe("what is restored from values", () => {
  const restored = (spec: object) =>
    checkFields({ spec }, "io.k8s.api.apps.v1.Deployment", { isRestored: true }) as {
      readonly value: { readonly spec?: Record<string, unknown> };
      readonly typeErrors: readonly string[];
    };

  const cases: readonly (readonly [object, string])[] = [
    [{ replicas: 3.5 }, "cannot convert float64 to int32"],
    [{ replicas: "x" }, "unrecognized type: int32"],
    [{ paused: 1 }, "unrecognized type: bool"],
    [{ template: { spec: { volumes: { a: 1 } } } }, "cannot restore slice from map"],
    [{ template: { spec: [1] } }, "cannot restore struct from: slice"],
    [{ template: { metadata: { labels: "x" } } }, "cannot restore map from string"],
    [{ template: { metadata: { labels: { a: 5 } } } }, "cannot convert int64 to string"],
    [{ strategy: { rollingUpdate: { maxSurge: true } } }, "json: cannot unmarshal bool into Go value of type int32"],
  ];
  for (const [spec, error] of cases)
    it(`${JSON.stringify(spec)}: ${error}`, () => assert.deepEqual(restored(spec).typeErrors, [error]));

  it("loses the upper half of what is too long", () => {
    assert.equal(restored({ replicas: 5_000_000_000 }).value.spec?.["replicas"], 705_032_704);
    assert.equal(restored({ replicas: 2 ** 70 }).value.spec?.["replicas"], 0);
  });
});
