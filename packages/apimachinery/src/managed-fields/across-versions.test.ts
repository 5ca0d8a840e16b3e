import assert from "node:assert/strict";
import type { KubeObject, ManagedFieldsEntry } from "../meta.ts";
import { applyConfiguration } from "./apply-configuration.ts";
import { FieldSet } from "./field-set.ts";
import { trackUpdate } from "./track-update.ts";
import type { KindVersions, Tracking } from "./tracking.ts";
import { atom, type TypeShape } from "./type-shape.ts";

const struct = (fields: Record<string, TypeShape>): TypeShape => ({
  kind: "struct",
  isValue: true,
  field: (name) => (Object.hasOwn(fields, name) ? fields[name] : undefined),
});
const shapeOf = (spec: Record<string, TypeShape>) =>
  struct({ apiVersion: atom, kind: atom, metadata: struct({ name: atom }), spec: struct(spec) });

/** Version two calls `size` what version one calls `replicas`. */
const shapes: Readonly<Record<string, TypeShape>> = {
  "g/v1": shapeOf({ replicas: atom, color: atom }),
  "g/v2": shapeOf({ size: atom, color: atom }),
};
interface Thing extends KubeObject {
  spec: Record<string, unknown>;
}
const versions: KindVersions = {
  find: (apiVersion) => {
    const shape = shapes[apiVersion];
    return shape && { shape, reset: FieldSet.empty };
  },
  convert(object, apiVersion) {
    const { replicas, size, ...rest } = (object as Partial<Thing>).spec ?? {};
    const number = replicas ?? size;
    const name = apiVersion === "g/v1" ? "replicas" : "size";
    const spec = { ...rest, ...(number !== undefined && { [name]: number }) };
    return Promise.resolve({ ...object, apiVersion, spec } as KubeObject);
  },
};

const by = (name: string, apiVersion: string, operation: "Apply" | "Update"): Tracking => ({
  ...(versions.find(apiVersion) as { shape: TypeShape; reset: FieldSet }),
  manager: { name, operation, apiVersion, subresource: "" },
  now: "2026-01-01T00:00:00Z",
  versions,
});
const thing = (apiVersion: string, spec: object, managedFields?: ManagedFieldsEntry[]): Thing =>
  ({ apiVersion, kind: "Thing", metadata: { name: "x", ...(managedFields && { managedFields }) }, spec }) as Thing;

async function applied(live: KubeObject | undefined, spec: object, name: string, apiVersion: string): Promise<Thing> {
  const view = live && (await versions.convert(live, apiVersion));
  const verdict = await applyConfiguration(view, thing(apiVersion, spec), by(name, apiVersion, "Apply"), false);
  assert.equal(verdict.kind, "applied", JSON.stringify(verdict));
  return (verdict.kind === "applied" ? verdict.object : undefined) as Thing;
}

const owners = (entries: readonly ManagedFieldsEntry[] | undefined) =>
  (entries ?? []).map(({ manager, apiVersion, fieldsV1 }) => [manager, apiVersion, JSON.stringify(fieldsV1)]);

describe("managers who speak different versions", () => {
  it("lose what an update in another version changes, by the name it has in theirs", async () => {
    const live = await applied(undefined, { replicas: 1, color: "red" }, "one", "g/v1");
    const before = (await versions.convert(live, "g/v2")) as Thing;
    const after = { ...before, spec: { size: 2, color: "red" } } as KubeObject;
    assert.deepEqual(owners(await trackUpdate(before, after, by("two", "g/v2", "Update"))), [
      ["one", "g/v1", '{"f:spec":{"f:color":{}}}'],
      ["two", "g/v2", '{"f:spec":{"f:size":{}}}'],
    ]);
  });

  it("are named with their own paths in conflicts", async () => {
    const live = await versions.convert(await applied(undefined, { replicas: 1 }, "one", "g/v1"), "g/v2");
    const verdict = await applyConfiguration(live, thing("g/v2", { size: 2 }), by("two", "g/v2", "Apply"), false);
    assert.deepEqual(verdict.kind === "conflict" && verdict.conflicts.map(({ fields }) => fields.paths()), [
      [".spec.replicas"],
    ]);
  });

  it("keep what an applier lets go that they own, in whatever version", async () => {
    const one = await applied(undefined, { replicas: 1, color: "red" }, "one", "g/v1");
    const two = await applied(one, { size: 1 }, "two", "g/v2");
    const let1 = await applied(two, {}, "one", "g/v1");
    assert.deepEqual(let1.spec, { replicas: 1 });
    const let2 = await applied(let1, {}, "two", "g/v1");
    assert.deepEqual(let2.spec ?? {}, {});
  });

  it("own nothing once their version has gone", async () => {
    const entry = { manager: "old", operation: "Update", apiVersion: "g/v0", fieldsType: "FieldsV1" } as const;
    const live = thing("g/v1", { color: "red" }, [{ ...entry, fieldsV1: { "f:spec": { "f:color": {} } } }]);
    const after = { ...live, spec: { color: "blue" } } as KubeObject;
    assert.deepEqual(owners(await trackUpdate(live, after, by("new", "g/v1", "Update"))), [
      ["new", "g/v1", '{"f:spec":{"f:color":{}}}'],
    ]);
  });
});
