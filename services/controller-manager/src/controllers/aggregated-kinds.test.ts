import assert from "node:assert/strict";
import { readDiscovery } from "./aggregated-kinds.ts";

describe("the kinds of other servers", () => {
  it("are read of their discovery, as far as that is known, each in one version", () => {
    const { kinds, unknown } = readDiscovery([
      {
        apiVersion: "",
        kind: "",
        metadata: { name: "g" },
        versions: [
          {
            version: "v1",
            freshness: "Current",
            resources: [
              { resource: "as", scope: "Namespaced", verbs: ["get", "list"], responseKind: { kind: "A" } },
              { resource: "bs", scope: "Cluster", responseKind: { kind: "B" } },
            ],
          },
          {
            version: "v1beta1",
            resources: [{ resource: "as", scope: "Namespaced", responseKind: { kind: "A" } }],
          },
          { version: "v2", freshness: "Stale", resources: [{ resource: "as", responseKind: { kind: "A" } }] },
        ],
      },
    ]);
    assert.deepEqual(kinds, [
      {
        resource: { group: "g", version: "v1", resource: "as", kind: "A", namespaced: true },
        verbs: new Set(["get", "list"]),
      },
      { resource: { group: "g", version: "v1", resource: "bs", kind: "B", namespaced: false }, verbs: new Set() },
    ]);
    assert.deepEqual(unknown, ["g/v2"]);
  });
});
