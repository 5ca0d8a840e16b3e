import assert from "node:assert/strict";
import * as kubeApi from "@drydock/kube-api";
import { declaredKinds } from "./declared-kinds.ts";
import { sourceAt } from "./sources.ts";

/** References for typed clients, by the name under which they are exported. */
const references = Object.entries(kubeApi).flatMap(([name, value]) =>
  typeof value === "object" && "resource" in value ? [{ name, resource: value.resource }] : [],
);

describe("a stored kind", () => {
  it("is known to typed clients", () => {
    assert.ok(declaredKinds.length > 15);
    const unknown = declaredKinds.filter(({ resource }) => !references.some((known) => known.resource === resource));
    assert.deepEqual(unknown, [], "add it to packages/kube-api/src/resources.ts");
  });

  it("goes away with its namespace, and with its owner", () => {
    const list = "services/controller-manager/src/controllers/namespaced-resources.ts";
    const imported = new Set(sourceAt.get(list)?.imports.flatMap(({ names }) => names));
    const forgotten = declaredKinds.filter(
      ({ resource, isNamespaced }) =>
        isNamespaced && !references.some((known) => known.resource === resource && imported.has(known.name)),
    );
    assert.deepEqual(forgotten, [], `add it to ${list}`);
  });
});
