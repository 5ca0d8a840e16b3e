import assert from "node:assert/strict";
import type { KubeObject, ManagedFieldsEntry } from "../meta.ts";
import { applyConfiguration } from "./apply-configuration.ts";
import { FieldSet } from "./field-set.ts";
import { compareValues, fieldsOfValue } from "./fields-of-value.ts";
import { mergeValues } from "./merge-values.ts";
import { trackUpdate } from "./track-update.ts";
import type { Tracking } from "./tracking.ts";
import { atom, type TypeShape } from "./type-shape.ts";

const struct = (fields: Record<string, TypeShape>, isValue = true): TypeShape => ({
  kind: "struct",
  isValue,
  field: (name) => (Object.hasOwn(fields, name) ? fields[name] : undefined),
});
const port = struct({ port: atom, protocol: atom, name: atom });
const probe = struct({ path: atom, seconds: atom });
const shape = struct({
  apiVersion: atom,
  kind: atom,
  metadata: struct({ name: atom, labels: { kind: "map", value: atom }, finalizers: { kind: "set" } }),
  spec: struct({
    replicas: atom,
    selector: atom,
    probe,
    list: atom,
    ports: { kind: "keyed-list", keys: ["port", "protocol"], item: port },
  }),
  status: struct({ phase: atom }),
});

describe("items of a set", () => {
  it("are told apart to the last of 64 bits", () => {
    const set: TypeShape = { kind: "set" };
    const elements = fieldsOfValue([2n ** 53n + 1n, 2n ** 53n, 3], set).paths();
    assert.deepEqual(elements, ["[=9007199254740993]", "[=9007199254740992]", "[=3]"]);
  });
});

const tracking = (name: string, more: Partial<Tracking> = {}): Tracking => ({
  shape,
  manager: { name, operation: "Apply", apiVersion: "v1", subresource: "" },
  now: "2026-01-01T00:00:00Z",
  reset: FieldSet.empty,
  versions: { find: () => undefined, convert: (value) => Promise.resolve(value) },
  ...more,
});
const updater = (name: string, now = "2026-01-01T00:00:00Z"): Tracking =>
  tracking(name, { now, manager: { name, operation: "Update", apiVersion: "v1", subresource: "" } });

const object = (spec: object, metadata: object = {}): KubeObject =>
  ({ apiVersion: "v1", kind: "Thing", metadata: { name: "x", ...metadata }, spec }) as KubeObject;

async function applied(
  live: KubeObject | undefined,
  config: KubeObject,
  manager: string,
  isForced = false,
): Promise<KubeObject> {
  const verdict = await applyConfiguration(live, config, tracking(manager), isForced);
  assert.equal(verdict.kind, "applied", JSON.stringify(verdict));
  return verdict.kind === "applied" ? verdict.object : config;
}

const specOf = (value: KubeObject) => (value as KubeObject & { spec: unknown }).spec;
const ownersOf = ({ metadata }: KubeObject) =>
  Object.fromEntries((metadata.managedFields ?? []).map(({ manager, fieldsV1 }) => [manager, fieldsV1]));

describe("a field set", () => {
  const json = {
    "f:metadata": { "f:labels": { ".": {}, "f:app": {} }, "f:finalizers": { 'v:"a"': {} } },
    "f:spec": { "f:ports": { 'k:{"port":80,"protocol":"TCP"}': { ".": {}, "f:name": {} } }, "f:replicas": {} },
  };

  it("is read and written as FieldsV1", () => {
    assert.deepEqual(FieldSet.parse(json)?.toJson(), json);
    for (const bad of [null, [], { replicas: {} }, { "f:x": 1 }, { "k:[": {} }, { "i:x": {} }])
      assert.equal(FieldSet.parse(bad), undefined, JSON.stringify(bad));
  });

  it("shows its paths as messages do", () => {
    assert.deepEqual(FieldSet.parse(json)?.paths(), [
      ".metadata.labels",
      ".metadata.labels.app",
      '.metadata.finalizers[="a"]',
      ".spec.replicas",
      '.spec.ports[port=80,protocol="TCP"]',
      '.spec.ports[port=80,protocol="TCP"].name',
    ]);
  });

  it("is united, intersected and taken away", () => {
    const a = FieldSet.parse({ "f:a": {}, "f:b": { ".": {}, "f:c": {} } }) as FieldSet;
    const b = FieldSet.parse({ "f:b": { "f:c": {}, "f:d": {} } }) as FieldSet;
    assert.deepEqual(a.union(b).toJson(), { "f:a": {}, "f:b": { ".": {}, "f:c": {}, "f:d": {} } });
    assert.deepEqual(a.intersection(b).toJson(), { "f:b": { "f:c": {} } });
    assert.deepEqual(b.difference(a).toJson(), { "f:b": { "f:d": {} } });
    assert.deepEqual(a.recursiveDifference(FieldSet.ofFields("b")).toJson(), { "f:a": {} });
    assert.ok(a.union(b).equals(b.union(a)));
    assert.ok(a.difference(a).isEmpty);
  });
});

describe("the fields of a value", () => {
  it("are its leaves, the items of its lists, and atoms whole", () => {
    const fields = fieldsOfValue(
      object({ replicas: 1, selector: { a: { b: 1 } }, list: [1], ports: [{ port: 80, name: "web" }], probe: {} }),
      shape,
    );
    assert.deepEqual(fields.toJson()["f:spec"], {
      "f:list": {},
      "f:ports": { 'k:{"port":80,"protocol":"TCP"}': { ".": {}, "f:name": {}, "f:port": {} } },
      "f:probe": {},
      "f:replicas": {},
      "f:selector": {},
    });
  });

  it("are compared by path, whatever the order of keyed items", () => {
    const before = object({ replicas: 1, ports: [{ port: 80 }, { port: 81 }] }, { finalizers: ["a", "b"] });
    const after = object(
      { replicas: 2, ports: [{ port: 81 }, { port: 82 }] },
      { finalizers: ["b"], labels: { x: "y" } },
    );
    const { added, modified, removed } = compareValues(before, after, shape);
    assert.deepEqual(added.paths(), [
      ".metadata.labels",
      ".metadata.labels.x",
      '.spec.ports[port=82,protocol="TCP"]',
      '.spec.ports[port=82,protocol="TCP"].port',
    ]);
    assert.deepEqual(modified.paths(), [".spec.replicas"]);
    assert.deepEqual(removed.paths(), [
      '.metadata.finalizers[="a"]',
      '.spec.ports[port=80,protocol="TCP"]',
      '.spec.ports[port=80,protocol="TCP"].port',
    ]);
  });
});

describe("merging a configuration", () => {
  const ports = (...numbers: number[]) => object({ ports: numbers.map((number) => ({ port: number })) });
  const merged = (live: number[], config: number[]) =>
    (
      specOf(mergeValues(ports(...live), ports(...config), shape) as KubeObject) as { ports: { port: number }[] }
    ).ports.map((item) => item.port);

  it("keeps the items of both, shared ones in the configuration's order", () => {
    assert.deepEqual(merged([1], [2]), [1, 2]);
    assert.deepEqual(merged([1, 2, 3], [3, 1]), [2, 3, 1]);
    assert.deepEqual(merged([1, 2, 3], [4, 2]), [1, 4, 2, 3]);
    assert.deepEqual(merged([], [2, 1]), [2, 1]);
  });

  it("replaces atoms whole and does not touch its inputs", () => {
    const live = object({ selector: { a: 1, b: 2 }, list: [1, 2] });
    const config = object({ selector: { a: 3 }, list: [9] });
    const copies = structuredClone([live, config]);
    assert.deepEqual(specOf(mergeValues(live, config, shape) as KubeObject), { selector: { a: 3 }, list: [9] });
    assert.deepEqual([live, config], copies);
  });
});

describe("server-side apply", () => {
  it("removes what its applier lets go, with the structs that held nothing else", async () => {
    const first = await applied(undefined, object({ replicas: 1, probe: { path: "/" } }), "one");
    // The server adds a default, which belongs to nobody.
    (specOf(first) as { probe: Record<string, unknown> }).probe["seconds"] = 10;
    assert.deepEqual(specOf(await applied(first, object({ replicas: 1 }), "one")), { replicas: 1 });
  });

  it("keeps what names the object when all other metadata is let go", async () => {
    const first = await applied(undefined, object({ replicas: 1 }, { labels: { a: "1" } }), "kubectl");
    const { metadata } = await applied(first, object({ replicas: 1 }), "kubectl");
    assert.deepEqual([metadata.name, metadata.labels], ["x", undefined]);
  });

  it("leaves what others own, and lets equal values be shared", async () => {
    const one = await applied(undefined, object({ ports: [{ port: 80, name: "a" }], replicas: 2 }), "one");
    const two = await applied(one, object({ ports: [{ port: 80, name: "a" }, { port: 81 }] }), "two");
    const three = await applied(two, object({ replicas: 2 }), "one");
    assert.deepEqual(specOf(three), { ports: [{ port: 80, name: "a" }, { port: 81 }], replicas: 2 });
  });

  it("names the owners of what it would change, and takes over by force", async () => {
    const live = await applied(undefined, object({ replicas: 1, selector: { a: 1 } }), "one");
    const config = object({ replicas: 2, selector: { a: 2 } });
    const verdict = await applyConfiguration(live, config, tracking("two"), false);
    assert.equal(verdict.kind, "conflict");
    if (verdict.kind !== "conflict") return;
    assert.deepEqual(
      verdict.conflicts.map(({ manager, fields }) => [manager.name, fields.paths()]),
      [["one", [".spec.replicas", ".spec.selector"]]],
    );
    assert.deepEqual(Object.keys(ownersOf(await applied(live, config, "two", true))), ["two"]);
  });

  it("has the time of its applier's last change of the object", async () => {
    const timeOf = ({ metadata }: KubeObject, name: string) =>
      metadata.managedFields?.find(({ manager }) => manager === name)?.time;
    const applyAt = async (live: KubeObject | undefined, spec: object, name: string, now: string) => {
      const verdict = await applyConfiguration(live, object(spec), tracking(name, { now }), true);
      assert.equal(verdict.kind, "applied");
      return verdict.kind === "applied" ? verdict.object : object(spec);
    };
    const first = await applyAt(undefined, { replicas: 1 }, "a", "2026-01-01T00:00:01Z");
    assert.equal(timeOf(first, "a"), "2026-01-01T00:00:01Z");
    const same = await applyAt(first, { replicas: 1 }, "a", "2026-01-01T00:00:02Z");
    assert.equal(timeOf(same, "a"), "2026-01-01T00:00:01Z");
    const changed = await applyAt(same, { replicas: 2 }, "a", "2026-01-01T00:00:03Z");
    assert.equal(timeOf(changed, "a"), "2026-01-01T00:00:03Z");
    // Who comes to own what is there already has changed nothing.
    const shared = await applyAt(changed, { replicas: 2 }, "b", "2026-01-01T00:00:04Z");
    assert.deepEqual([timeOf(shared, "a"), timeOf(shared, "b")], ["2026-01-01T00:00:03Z", undefined]);
  });

  it("takes what nobody tracked as owned by whoever came before", async () => {
    const live = object({ replicas: 1, list: [1] });
    const result = await applied(live, object({ replicas: 1 }), "one");
    assert.deepEqual(ownersOf(result), {
      one: { "f:spec": { "f:replicas": {} } },
      "before-first-apply": { "f:spec": { "f:list": {}, "f:replicas": {} } },
    });
    assert.equal((await applyConfiguration(live, object({ replicas: 2 }), tracking("one"), false)).kind, "conflict");
  });
});

describe("tracking updates", () => {
  const entriesAfter = (...args: Parameters<typeof trackUpdate>) => trackUpdate(...args) as ManagedFieldsEntry[];
  const tracked = (before: KubeObject | undefined, after: KubeObject, by: Tracking): KubeObject => ({
    ...after,
    metadata: { ...after.metadata, managedFields: entriesAfter(before, after, by) },
  });

  it("gives a new object to its creator, without the server's part", () => {
    const created = tracked(undefined, object({ replicas: 1 }, { labels: { a: "1" }, uid: "u" }), updater("creator"));
    assert.deepEqual(ownersOf(created), {
      creator: { "f:metadata": { "f:labels": { ".": {}, "f:a": {} } }, "f:spec": { "f:replicas": {} } },
    });
  });

  it("moves what changed to who changed it, and keeps the time of what did not", () => {
    const created = tracked(undefined, object({ replicas: 1, list: [1] }), updater("creator"));
    const scaled = { ...created, spec: { replicas: 2, list: [1] } } as KubeObject;
    const after = tracked(created, scaled, updater("scaler", "2026-02-02T00:00:00Z"));
    assert.deepEqual(ownersOf(after), {
      creator: { "f:spec": { "f:list": {} } },
      scaler: { "f:spec": { "f:replicas": {} } },
    });
    const same = trackUpdate(after, after, updater("scaler", "2026-03-03T00:00:00Z"));
    assert.deepEqual(same, after.metadata.managedFields);
    const more = { ...after, spec: { replicas: 3, list: [1] } } as KubeObject;
    const [, last] = entriesAfter(after, more, updater("scaler", "2026-03-03T00:00:00Z"));
    assert.deepEqual([last?.manager, last?.time], ["scaler", "2026-03-03T00:00:00Z"]);
  });

  it("notes that a struct came which may be absent, and not one that is always there", () => {
    const pointer = struct({ path: atom }, false);
    const value = struct({ path: atom });
    const spec = struct({
      pointer,
      value,
      list: { kind: "keyed-list", keys: ["id"], item: struct({ id: atom, value }) },
    });
    const after = object({ pointer: { path: "a" }, value: { path: "a" }, list: [{ id: 1, value: {} }] });
    const now = { ...updater("creator"), shape: struct({ spec }) };
    const [entry] = entriesAfter(undefined, after, now);
    const item = { ".": {}, "f:id": {}, "f:value": {} };
    assert.deepEqual((entry?.fieldsV1 as Record<string, unknown> | undefined)?.["f:spec"], {
      "f:list": { ".": {}, 'k:{"id":1}': item },
      "f:pointer": { ".": {}, "f:path": {} },
      "f:value": { "f:path": {} },
    });
  });

  it("leaves untracked objects untracked, and starts afresh when asked", () => {
    assert.deepEqual(trackUpdate(object({ replicas: 1 }), object({ replicas: 2 }), updater("x")), []);
    const created = tracked(undefined, object({ replicas: 1 }), updater("creator"));
    const cleared = { ...created, metadata: { ...created.metadata, managedFields: [{}] as ManagedFieldsEntry[] } };
    assert.deepEqual(trackUpdate(created, cleared, updater("x")), []);
  });

  it("takes owners from an update that names them well, and ignores nonsense", () => {
    const created = tracked(undefined, object({ replicas: 1 }), updater("creator"));
    const renamed = structuredClone(created);
    (renamed.metadata.managedFields as ManagedFieldsEntry[])[0]!.manager = "renamed";
    assert.deepEqual(Object.keys(ownersOf(tracked(created, renamed, updater("x")))), ["renamed"]);
    const nonsense = structuredClone(created);
    (nonsense.metadata.managedFields as ManagedFieldsEntry[])[0]!.fieldsV1 = { nonsense: 1 };
    assert.deepEqual(ownersOf(tracked(created, nonsense, updater("x"))), ownersOf(created));
  });

  it("keeps at most ten updaters apart", () => {
    let current = tracked(undefined, object({}, { labels: { first: "1" } }), updater("m00"));
    for (let i = 1; i <= 20; i++) {
      const next = structuredClone(current);
      (next.metadata.labels as Record<string, string>)[`l${i}`] = "x";
      const name = `m${String(i).padStart(2, "0")}`;
      current = tracked(current, next, updater(name, `2026-01-01T00:00:${name.slice(1)}Z`));
    }
    const names = Object.keys(ownersOf(current));
    assert.equal(names.length, 10);
    assert.ok(names.includes("ancient-changes") && names.includes("m20") && !names.includes("m00"));
  });
});
