import assert from "node:assert/strict";
import type { V1CustomResourceDefinition } from "@drydock/kube-api";
import { customKindOf } from "./custom-kinds.ts";

const definition = (versions: readonly [name: string, served: boolean, storage: boolean][], established = "True") =>
  ({
    spec: {
      group: "g.io",
      scope: "Namespaced",
      names: { plural: "things", kind: "Thing" },
      versions: versions.map(([name, served, storage]) => ({ name, served, storage })),
    },
    status: { conditions: [{ type: "Established", status: established }] },
  }) as V1CustomResourceDefinition;

describe("customKindOf", () => {
  it("is the stored version where that is served, else another", () => {
    const kind = customKindOf(
      definition([
        ["v1", true, false],
        ["v2", true, true],
      ]),
    );
    assert.deepEqual(kind, { group: "g.io", version: "v2", resource: "things", kind: "Thing", namespaced: true });
    assert.equal(
      customKindOf(
        definition([
          ["v1", true, false],
          ["v2", false, true],
        ]),
      )?.version,
      "v1",
    );
  });

  it("is nothing while nothing is served", () => {
    assert.equal(customKindOf(definition([["v1", false, true]])), undefined);
    assert.equal(customKindOf(definition([["v1", true, true]], "False")), undefined);
  });
});
