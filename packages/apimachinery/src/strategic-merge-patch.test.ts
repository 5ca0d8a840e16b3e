import assert from "node:assert/strict";
import type { StatusError } from "./status-error.ts";
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

  const refused: [name: string, patch: object, message: string | RegExp][] = [
    [
      "an item without its merge key",
      { containers: [{ image: "x" }] },
      "map: map[image:x] does not contain declared merge key: name",
    ],
    [
      "an order that leaves out a patched item",
      { "$setElementOrder/containers": named("a"), containers: named("b") },
      "The order in patch list:\n[map[name:b]]\n doesn't match $setElementOrder list:\n[map[name:a]]\n",
    ],
    ["an order that is none", { "$setElementOrder/containers": 3 }, /^expected a \[\]interface {}, .* a int64$/],
    ["unknown directives", { $patch: "explode" }, "unknown patch type: explode in map: map[$patch:explode]"],
    ["directives that are no text", { $patch: 3 }, "unknown patch type: %!s(int64=3) in map: map[$patch:3]"],
    ["items of another sort", { containers: [3] }, "list element types are not identical: [[map[name:live]] [3]]"],
  ];
  for (const [name, patch, message] of refused) {
    it(`refuses ${name}, as an error of the server`, () => {
      const live = { containers: named("live") };
      assert.throws(
        () => applyStrategicMergePatch(live, patch, schema),
        (error: StatusError) => {
          assert.equal(error.status.code, 500);
          assert.equal(error.status.reason, undefined);
          if (typeof message === "string") assert.equal(error.message, message);
          else assert.match(error.message, message);
          return true;
        },
      );
    });
  }

  it("drops directives where there is nothing to change, and takes the rest as it is", () => {
    const patch = {
      data: { $patch: "replace", a: "b" },
      containers: [{ image: "x" }, { $patch: "delete", name: "a" }],
      "$deleteFromPrimitiveList/finalizers": 3,
    };
    assert.deepEqual(applyStrategicMergePatch({}, patch, schema), { containers: [{ image: "x" }] });
  });
});
