import assert from "node:assert/strict";
import { mergeConfiguration } from "./merge-configuration.ts";
import { atom, type TypeShape } from "./type-shape.ts";

function struct(fields: Readonly<Record<string, TypeShape>>): TypeShape {
  return { kind: "struct", field: (name) => (Object.hasOwn(fields, name) ? fields[name] : undefined) };
}

const shape = struct({
  labels: { kind: "map", value: atom },
  replicas: atom,
  selector: atom,
  args: atom,
  containers: { kind: "keyed-list", keys: ["name"], item: struct({ name: atom, image: atom, args: atom }) },
});
const live = { labels: { a: "1" }, replicas: 1, containers: [{ name: "x", image: "i" }] };

/** A configuration and what becomes of `live`, or why not. */
const TABLE: readonly (readonly [object, object | string])[] = [
  [{ replicas: 2 }, { ...live, replicas: 2 }],
  [{ labels: { b: "2" } }, { ...live, labels: { a: "1", b: "2" } }],
  [
    { containers: [{ name: "x", image: "j" }, { name: "y" }] },
    { ...live, containers: [{ name: "x", image: "j" }, { name: "y" }] },
  ],
  [{ nothing: 1 }, "failed to convert patch object to typed object: .nothing: field not declared in schema"],
  [{ selector: { a: "b" } }, "invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .selector"],
  [
    { args: [], containers: [{ name: "x", args: ["a"] }] },
    "invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .args, .containers[0].args",
  ],
];

describe("a configuration that nobody owns", () => {
  for (const [config, expected] of TABLE)
    it(JSON.stringify(config), () => {
      const verdict = mergeConfiguration(live, config, shape);
      assert.deepEqual(verdict.kind === "merged" ? verdict.value : verdict.error, expected);
      assert.deepEqual(live.labels, { a: "1" });
    });
});
