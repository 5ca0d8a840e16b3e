import assert from "node:assert/strict";
import { withNullLists, withUnset } from "./shown-nulls.ts";

describe("lists that are null", () => {
  const cases: [name: string, schema: string, object: object, shown: object][] = [
    ["of the object itself", "rbac.v1.ClusterRole", { rules: [] }, { rules: null }],
    ["not where there is something", "rbac.v1.Role", { rules: [{ verbs: ["get"] }] }, { rules: [{ verbs: ["get"] }] }],
    ["within", "core.v1.LimitRange", { spec: { limits: [] } }, { spec: { limits: null } }],
    [
      "in items of lists",
      "core.v1.Pod",
      { spec: { containers: [{}], volumes: [{ name: "v" }, { name: "w", projected: { sources: [] } }] } },
      { spec: { containers: [{}], volumes: [{ name: "v" }, { name: "w", projected: { sources: null } }] } },
    ],
    [
      "not those that may be left out",
      "core.v1.Pod",
      { spec: { containers: [{ args: [] }] } },
      { spec: { containers: [{ args: [] }] } },
    ],
  ];
  for (const [name, schema, object, shown] of cases) {
    it(name, () => {
      const before = structuredClone(object);
      assert.deepEqual(withNullLists(object, `io.k8s.api.${schema}`), shown);
      assert.deepEqual(object, before);
    });
  }

  it("leaves an object without any as it is", () => {
    const object = { rules: [{ verbs: ["get"] }] };
    assert.equal(withNullLists(object, "io.k8s.api.rbac.v1.Role"), object);
  });
});

describe("times that nobody has set", () => {
  it("are null where Go writes them all the same", () => {
    const pod = {
      status: { startTime: undefined, conditions: [{ type: "Ready", lastProbeTime: "2026-01-01T00:00:00Z" }] },
    };
    assert.deepEqual(withUnset(pod, "io.k8s.api.core.v1.Pod"), {
      status: {
        startTime: undefined,
        conditions: [{ type: "Ready", lastProbeTime: "2026-01-01T00:00:00Z", lastTransitionTime: null }],
      },
    });
    const set = { status: { conditions: [] }, metadata: {} };
    assert.equal(withUnset(set, "io.k8s.api.core.v1.Pod"), set);
  });
});
