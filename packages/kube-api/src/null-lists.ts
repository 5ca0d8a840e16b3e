import { isRecord } from "@drydock/apimachinery";
import { messageNamed, messageNameOf } from "./protobuf-messages.ts";
import { referenceOf, resolveSchema, type Schema, schemaOf } from "./schema.ts";

/** Where a type holds lists that Go shows as `null` when they are empty: its own, and those of the types in it. */
interface NullLists {
  readonly own: readonly string[];
  readonly inner: ReadonlyMap<string, NullLists>;
}

const known = new Map<string, NullLists>();

/**
 * The object as Go's encoder shows it: an empty list whose type has no `omitempty` is `null`. The object itself when there is none, else a
 * copy of what had to change.
 */
export function withNullLists<T extends object>(object: T, openApiName: string): T {
  return changed(object as Record<string, unknown>, listsOf(openApiName)) as T;
}

function changed(value: Record<string, unknown>, { own, inner }: NullLists): Record<string, unknown> {
  let result = value;
  const set = (name: string, field: unknown) => {
    if (result === value) result = { ...value };
    result[name] = field;
  };
  for (const name of own) {
    const list = value[name];
    if (Array.isArray(list) && list.length === 0) set(name, null);
  }
  for (const [name, lists] of inner) {
    const field = changedField(value[name], lists);
    if (field !== value[name]) set(name, field);
  }
  return result;
}

/** A struct, or the structs in a list. */
function changedField(field: unknown, lists: NullLists): unknown {
  if (isRecord(field)) return changed(field, lists);
  if (!Array.isArray(field)) return field;
  const items = field.map((item) => changedField(item, lists));
  return items.some((item, index) => item !== field[index]) ? items : field;
}

function listsOf(openApiName: string): NullLists {
  const before = known.get(openApiName);
  if (before) return before;
  const own: string[] = [];
  const inner = new Map<string, NullLists>();
  const lists = { own, inner };
  // A type may hold itself.
  known.set(openApiName, lists);
  const fields = messageNamed(messageNameOf(openApiName))?.byNumber.values() ?? [];
  for (const { jsonName, shape, presence } of fields)
    if (jsonName !== undefined && shape === "list" && presence === "always") own.push(jsonName);
  for (const [name, property] of Object.entries(schemaOf(openApiName).properties ?? {})) {
    const type = structName(property.items ?? property);
    const held = type === undefined ? undefined : listsOf(type);
    if (held && (held.own.length > 0 || held.inner.size > 0)) inner.set(name, held);
  }
  return lists;
}

function structName(schema: Schema): string | undefined {
  const name = referenceOf(schema);
  return name !== undefined && resolveSchema(schema).properties !== undefined ? name : undefined;
}
