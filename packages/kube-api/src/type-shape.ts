import { atom, type TypeShape } from "@drydock/apimachinery";
import { resolveSchema, type Schema, schemaOf } from "./schema.ts";

const shapes = new Map<Schema, TypeShape>();

/** How server-side apply merges and owns a type, by its list and map semantics. */
export function typeShapeOf(openApiName: string): TypeShape {
  return shapeOf(schemaOf(openApiName));
}

function shapeOf(property: Schema): TypeShape {
  const known = shapes.get(property);
  if (known !== undefined) return known;
  const shape = makeShape(property, resolveSchema(property));
  shapes.set(property, shape);
  return shape;
}

function makeShape(property: Schema, type: Schema): TypeShape {
  const mapType = property["x-kubernetes-map-type"] ?? type["x-kubernetes-map-type"];
  if (type.items) return listShape(property, type.items);
  if (mapType === "atomic") return atom;
  const { properties, additionalProperties } = type;
  if (properties)
    return {
      kind: "struct",
      field: (name) => (Object.hasOwn(properties, name) ? shapeOf(properties[name] as Schema) : undefined),
    };
  return additionalProperties ? { kind: "map", value: shapeOf(additionalProperties) } : atom;
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
