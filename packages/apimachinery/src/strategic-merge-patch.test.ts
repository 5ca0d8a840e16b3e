import assert from "node:assert/strict";
import { applyStrategicMergePatch, type SchemaField, type SchemaView } from "./strategic-merge-patch.ts";

function view(fields: Record<string, SchemaField>): SchemaView {
  return { field: (name) => fields[name] };
}

const container = view({
  env: { patchStrategies: ["merge"], patchMergeKey: "name", item: view({}) },
  args: { patchStrategies: [] },
});
const schema = view({
  containers: { patchStrategies: ["merge"], patchMergeKey: "name", item: container },
  finalizers: { patchStrategies: ["merge"] },
  strategy: { patchStrategies: ["retainKeys"], item: view({}) },
  selector: { patchStrategies: ["replace"], item: view({}) },
  nested: { patchStrategies: [], item: container },
});

interface Case {
  name: string;
  live: unknown;
  patch: unknown;
  result: unknown;
}

const named = (...names: string[]) => names.map((name) => ({ name }));

const cases: Case[] = [
  {
    name: "merges maps and removes nulls",
    live: { a: { b: 1, c: 2 } },
    patch: { a: { b: null, d: 3 } },
    result: { a: { c: 2, d: 3 } },
  },
  { name: "ignores nulls that match nothing", live: {}, patch: { a: { b: null } }, result: { a: {} } },
  {
    name: "merges objects of a list by key",
    live: {
      containers: [
        { name: "a", image: "x" },
        { name: "b", image: "y" },
      ],
    },
    patch: {
      containers: [
        { name: "b", image: "z" },
        { name: "c", image: "w" },
      ],
    },
    result: {
      containers: [
        { name: "a", image: "x" },
        { name: "b", image: "z" },
        { name: "c", image: "w" },
      ],
    },
  },
  {
    name: "merges lists inside lists, new items first as no order is given",
    live: { containers: [{ name: "a", env: [{ name: "A", value: "1" }] }] },
    patch: { containers: [{ name: "a", env: [{ name: "B", value: "2" }], args: ["x"] }] },
    result: {
      containers: [
        {
          name: "a",
          env: [
            { name: "B", value: "2" },
            { name: "A", value: "1" },
          ],
          args: ["x"],
        },
      ],
    },
  },
  {
    name: "replaces atomic lists",
    live: { nested: { args: ["a"] } },
    patch: { nested: { args: ["b"] } },
    result: { nested: { args: ["b"] } },
  },
  {
    name: "deletes an item by directive",
    live: { containers: named("a", "b") },
    patch: { containers: [{ name: "a", $patch: "delete" }] },
    result: { containers: named("b") },
  },
  {
    name: "replaces a list by directive",
    live: { containers: named("a", "b") },
    patch: { containers: [{ name: "c" }, { $patch: "replace" }] },
    result: { containers: named("c") },
  },
  {
    name: "replaces a map by directive",
    live: { a: { b: 1 } },
    patch: { a: { $patch: "replace", c: 2 } },
    result: { a: { c: 2 } },
  },
  { name: "empties a map by directive", live: { a: { b: 1 } }, patch: { a: { $patch: "delete" } }, result: { a: {} } },
  {
    name: "honours replace as strategy",
    live: { selector: { a: "1" } },
    patch: { selector: { b: "2" } },
    result: { selector: { b: "2" } },
  },
  {
    name: "retains keys",
    live: { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1 } } },
    patch: { strategy: { $retainKeys: ["type"], type: "Recreate" } },
    result: { strategy: { type: "Recreate" } },
  },
  {
    name: "deletes from a list of primitives",
    live: { finalizers: ["a", "b", "c"] },
    patch: { "$deleteFromPrimitiveList/finalizers": ["b"], finalizers: ["d"] },
    result: { finalizers: ["a", "c", "d"].sort() },
  },
  {
    name: "orders the list as told",
    live: { containers: named("a", "b", "c") },
    patch: { "$setElementOrder/containers": named("c", "a"), containers: [{ name: "a", image: "x" }] },
    result: { containers: [{ name: "b" }, { name: "c" }, { name: "a", image: "x" }] },
  },
  {
    name: "orders without a change",
    live: { finalizers: ["a", "b"] },
    patch: { "$setElementOrder/finalizers": ["b", "a"] },
    result: { finalizers: ["b", "a"] },
  },
];

describe("applyStrategicMergePatch", () => {
  for (const { name, live, patch, result } of cases) {
    it(name, () => {
      const before = structuredClone({ live, patch });
      const merged = applyStrategicMergePatch(live, patch, schema) as { finalizers?: string[] };
      if (name.startsWith("deletes from a list")) merged.finalizers?.sort();
      assert.deepEqual(merged, result);
      assert.deepEqual({ live, patch }, before, "inputs must stay as they were");
    });
  }

  it("refuses an item without its merge key", () => {
    assert.throws(() => applyStrategicMergePatch({}, { containers: [{ image: "x" }] }, schema), {
      message: "map: map[image:x] does not contain declared merge key: name",
    });
  });

  it("refuses an order that leaves out a patched item", () => {
    const patch = { "$setElementOrder/containers": named("a"), containers: named("b") };
    assert.throws(() => applyStrategicMergePatch({}, patch, schema), {
      message: "The order in patch list:\n[map[name:b]]\n doesn't match $setElementOrder list:\n[map[name:a]]\n",
    });
  });

  it("refuses unknown directives", () => {
    assert.throws(() => applyStrategicMergePatch({}, { $patch: "explode" }, schema), { message: /unknown patch type/ });
  });
});
