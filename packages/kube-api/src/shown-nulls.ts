import { isRecord } from "@drydock/apimachinery";
import { type MessageField, messageNamed, messageNameOf } from "./protobuf-messages.ts";
import { referenceOf, resolveSchema, type Schema, schemaOf } from "./schema.ts";

/** Where a type holds what Go shows as `null`: its own fields, and those of the types in it. */
interface Nulls {
  readonly own: readonly string[];
  readonly inner: ReadonlyMap<string, Nulls>;
}

type Fields = Record<string, unknown>;

/** Lists that Go shows as `null` where they are empty: their types have no `omitempty`. */
const lists = finder(
  ({ shape, presence }) => shape === "list" && presence === "always",
  (field) => Array.isArray(field) && field.length === 0,
);
/** Times and lists that Go shows as `null` where nobody has set them, for the same reason. */
const unset = finder(isUnsetShown, (field) => field === undefined);

function isUnsetShown({ codec, shape, presence, isShown }: MessageField): boolean {
  if (shape === "list") return presence === "always";
  return isShown && codec.kind === "message" && (codec.type === "Time" || codec.type === "MicroTime");
}

/** The object as Go's encoder shows it. The object itself when nothing is to be changed, else a copy of what had to change. */
export function withNullLists<T extends object>(object: T, openApiName: string): T {
  return lists(object as Fields, openApiName) as T;
}

/** The same for what nobody has set. */
export function withUnset<T extends object>(object: T, openApiName: string): T {
  return unset(object as Fields, openApiName) as T;
}

function finder(isShownAsNull: (field: MessageField) => boolean, isNothing: (field: unknown) => boolean) {
  const known = new Map<string, Nulls>();
  return (object: Fields, openApiName: string) => changed(object, nullsOf(openApiName));

  function changed(value: Fields, { own, inner }: Nulls): Fields {
    let result = value;
    const set = (name: string, field: unknown) => {
      if (result === value) result = { ...value };
      result[name] = field;
    };
    for (const name of own) if (isNothing(value[name])) set(name, null);
    for (const [name, nulls] of inner) {
      const field = changedField(value[name], nulls);
      if (field !== value[name]) set(name, field);
    }
    return result;
  }

  /** A struct, or the structs in a list. */
  function changedField(field: unknown, nulls: Nulls): unknown {
    if (isRecord(field)) return changed(field, nulls);
    if (!Array.isArray(field)) return field;
    const items = field.map((item) => changedField(item, nulls));
    return items.some((item, index) => item !== field[index]) ? items : field;
  }

  function nullsOf(openApiName: string): Nulls {
    const before = known.get(openApiName);
    if (before) return before;
    const own: string[] = [];
    const inner = new Map<string, Nulls>();
    const nulls = { own, inner };
    // A type may hold itself.
    known.set(openApiName, nulls);
    for (const field of messageNamed(messageNameOf(openApiName))?.byNumber.values() ?? [])
      if (field.jsonName !== undefined && isShownAsNull(field)) own.push(field.jsonName);
    for (const [name, property] of Object.entries(schemaOf(openApiName).properties ?? {})) {
      const type = structName(property.items ?? property);
      const held = type === undefined ? undefined : nullsOf(type);
      if (held && (held.own.length > 0 || held.inner.size > 0)) inner.set(name, held);
    }
    return nulls;
  }
}

function structName(schema: Schema): string | undefined {
  const name = referenceOf(schema);
  return name !== undefined && resolveSchema(schema).properties !== undefined ? name : undefined;
}
