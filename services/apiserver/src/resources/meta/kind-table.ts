import assert from "node:assert/strict";
import { type CellValue, deepClone, fieldErrorMessage, type KubeObject } from "@drydock/apimachinery";
import { loopbackUser } from "../../authentication/user-info.ts";
import type { ResourceDefinition, ValidationContext } from "../../registry/definition.ts";

/** 2026-01-01T00:00:00Z. */
const NOW_MS = Date.UTC(2026, 0, 1);

/** One field made otherwise (undefined: taken away), and what is said of it; nothing means that it is allowed. */
export type Row = readonly [path: string, value: unknown, ...errors: readonly string[]];

/** What the tests of a kind say of it; every row starts from the same valid object. */
export interface KindTable {
  /** As a client would send it: without what is defaulted. */
  readonly valid: object;
  /** What stands where, after an object has been created. */
  readonly created?: Readonly<Record<string, unknown>>;
  readonly create?: readonly Row[];
  /** Changes of the created object. */
  readonly update?: readonly Row[];
  /** Changes by way of the status subresource. */
  readonly status?: readonly Row[];
  /** The names of the columns, those of wide output in parentheses. */
  readonly columns?: string;
  /** Fields made otherwise, and the cells between name and whatever is last. */
  readonly cells?: readonly (readonly [fields: Readonly<Record<string, unknown>>, ...cells: readonly CellValue[]])[];
  readonly warnings?: readonly Row[];
}

/** Runs a kind's table through its declaration, as create and update do. */
export function describeKind(definition: ResourceDefinition, table: KindTable): void {
  const fresh = () => deepClone(table.valid) as KubeObject;
  describe(`${definition.group}/${definition.version} ${definition.kind}`, () => {
    it("is valid as it stands, and stays so unchanged", () => {
      assert.deepEqual(errorsOfCreate(definition, fresh()), []);
      const created = create(definition, fresh());
      assert.deepEqual(errorsOfUpdate(definition, created, deepClone(created), ""), []);
      if (definition.subresources?.status)
        assert.deepEqual(errorsOfUpdate(definition, created, deepClone(created), "status"), []);
    });
    if (table.created) {
      it("is created with defaults", () => {
        const created = create(definition, fresh());
        for (const [path, value] of Object.entries(table.created ?? {}))
          assert.deepEqual(valueAt(created, path), value, path);
        const again = deepClone(created);
        definition.strategy.setDefaults(again);
        assert.deepEqual(again, created, "defaults change nothing a second time");
      });
    }
    rows("create", table.create, (row) => errorsOfCreate(definition, changed(fresh(), row)));
    rows("update", table.update, (row) => {
      const created = create(definition, fresh());
      return errorsOfUpdate(definition, created, changed(deepClone(created), row), "");
    });
    rows("update of the status", table.status, (row) => {
      const created = create(definition, fresh());
      return errorsOfUpdate(definition, created, changed(deepClone(created), row), "status");
    });
    rows("warning", table.warnings, (row) => {
      return definition.strategy.warnings?.(create(definition, changed(fresh(), row)), undefined) ?? [];
    });
    describeColumns(definition, table, fresh);
  });
}

function describeColumns(definition: ResourceDefinition, table: KindTable, fresh: () => KubeObject): void {
  if (table.columns === undefined) return;
  it("has a table", () => {
    const names = definition.columns.map(({ name, priority }) => (priority ? `(${name})` : name));
    assert.equal(names.join(" | "), table.columns);
    for (const [fields, ...cells] of table.cells ?? []) {
      const object = create(definition, fresh());
      for (const [path, value] of Object.entries(fields)) setAt(object, path, value);
      const actual = definition.columns.map((column) => column.value(object, NOW_MS));
      assert.deepEqual(actual.slice(1, cells.length + 1), cells, JSON.stringify(fields));
    }
  });
}

function rows(what: string, table: readonly Row[] | undefined, run: (row: Row) => string[]): void {
  for (const row of table ?? []) {
    const [path, value, ...errors] = row;
    const verdict = errors.length === 0 ? "allows" : "refuses";
    it(`${what} ${verdict} ${path} ${JSON.stringify(value)?.slice(0, 60)}`, () => assert.deepEqual(run(row), errors));
  }
}

function contextOf(subresource: string): ValidationContext {
  return { nowMs: NOW_MS, subresource, user: loopbackUser };
}

function create(definition: ResourceDefinition, object: KubeObject): KubeObject {
  const { strategy } = definition;
  strategy.setDefaults(object);
  strategy.dropDisabled?.(object);
  strategy.prepareForCreate(object, contextOf(""));
  object.metadata.uid = "11111111-2222-3333-4444-555555555555";
  object.metadata.creationTimestamp = "2025-12-31T23:59:00Z";
  strategy.prepareNamed?.(object, undefined);
  return object;
}

function errorsOfCreate(definition: ResourceDefinition, object: KubeObject): string[] {
  const created = create(definition, object);
  const { strategy } = definition;
  const first = strategy.validateFirst?.(created).errors ?? [];
  return [...first, ...strategy.validate(created, contextOf(""))].map(fieldErrorMessage);
}

function errorsOfUpdate(
  definition: ResourceDefinition,
  old: KubeObject,
  object: KubeObject,
  subresource: string,
): string[] {
  const { strategy, subresources } = definition;
  const rules = subresource === "status" ? subresources?.status : strategy;
  assert.ok(rules, `${definition.kind} has rules for ${subresource}`);
  strategy.setDefaults(object);
  rules.prepareForUpdate(object, old, contextOf(subresource));
  return rules.validateUpdate(object, old, contextOf(subresource)).map(fieldErrorMessage);
}

function changed(object: KubeObject, [path, value]: Row): KubeObject {
  setAt(object, path, value);
  return object;
}

type Container = Record<string, unknown>;

/** `spec.containers.0.name`; keys with dots in them are written `[a.b/c]`. */
function segmentsOf(path: string): string[] {
  return [...path.matchAll(/\[([^\]]+)\]|[^.[\]]+/g)].map(([text, quoted]) => quoted ?? text);
}

function setAt(object: object, path: string, value: unknown): void {
  const segments = segmentsOf(path);
  const last = segments.pop() as string;
  let at = object as Container;
  for (const segment of segments) {
    at[segment] ??= {};
    at = at[segment] as Container;
  }
  if (value === undefined) delete at[last];
  else at[last] = deepClone(value);
}

function valueAt(object: object, path: string): unknown {
  return segmentsOf(path).reduce<unknown>((at, segment) => (at as Container | undefined)?.[segment], object);
}
