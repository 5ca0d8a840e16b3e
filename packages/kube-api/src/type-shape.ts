import { atom, type TypeShape } from "@drydock/apimachinery";
import { fieldsThatAre } from "./protobuf-messages.ts";
import { referenceOf, resolveSchema, type Schema, schemaOf } from "./schema.ts";

const shapes = new Map<Schema, TypeShape>();

/** How server-side apply merges and owns a type, by its list and map semantics. */
export function typeShapeOf(openApiName: string): TypeShape {
  return shapeOf({ $ref: `#/components/schemas/${openApiName}` }, schemaOf(openApiName));
}

function shapeOf(property: Schema, key = property): TypeShape {
  const known = shapes.get(key);
  if (known !== undefined) return known;
  const shape = makeShape(property, resolveSchema(property));
  shapes.set(key, shape);
  return shape;
}

function makeShape(property: Schema, type: Schema): TypeShape {
  const mapType = property["x-kubernetes-map-type"] ?? type["x-kubernetes-map-type"];
  if (type.items) return listShape(property, type.items);
  if (mapType === "atomic") return atom;
  const { properties, additionalProperties } = type;
  if (properties) return structShape(properties, referenceOf(property));
  return additionalProperties ? { kind: "map", value: shapeOf(additionalProperties) } : atom;
}

function structShape(properties: Readonly<Record<string, Schema>>, openApiName: string | undefined): TypeShape {
  const pointers = openApiName === undefined ? undefined : fieldsThatAre("pointer", openApiName);
  const always = openApiName === undefined ? undefined : fieldsThatAre("always", openApiName);
  const fields = new Map<string, TypeShape>();
  return {
    kind: "struct",
    field(name) {
      if (!Object.hasOwn(properties, name)) return undefined;
      const known = fields.get(name);
      if (known !== undefined) return known;
      const own = shapeOf(properties[name] as Schema);
      const isStruct = own.kind === "struct" || (own.kind === "atom" && isStructType(properties[name] as Schema));
      const isList =
        own.kind === "keyed-list" || (own.kind === "atom" && resolveSchema(properties[name] as Schema).items);
      const isValue = isStruct ? pointers?.has(name) === false : isList && always?.has(name);
      const shape = isValue ? { ...own, isValue: true } : own;
      fields.set(name, shape);
      return shape;
    },
  };
}

function isStructType(property: Schema): boolean {
  return resolveSchema(property).properties !== undefined;
}

/** Lists without a type of their own take it from how they are patched. */
function listShape(property: Schema, items: Schema): TypeShape {
  const keyed = (keys: readonly string[]): TypeShape => ({ kind: "keyed-list", keys, item: shapeOf(items) });
  switch (property["x-kubernetes-list-type"]) {
    case "map":
      return keyed(property["x-kubernetes-list-map-keys"] ?? []);
    case "set":
      return { kind: "set" };
    case "atomic":
      return atom;
  }
  if (!property["x-kubernetes-patch-strategy"]?.split(",").includes("merge")) return atom;
  const key = property["x-kubernetes-patch-merge-key"];
  return key === undefined ? { kind: "set" } : keyed([key]);
}
