import { atom, type TypeShape } from "@drydock/apimachinery";
import { typeShapeOf } from "@drydock/kube-api";
import { isObject, type Structural } from "./structural.ts";

const metadataShape = () => typeShapeOf("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta");

/** How server-side apply merges and owns what a schema describes; fields that it does not know are told apart by what they are. */
export function shapeOfSchema(schema: Structural, isResource = true): TypeShape {
  if (schema["x-kubernetes-map-type"] === "atomic") return atom;
  if (schema.items) return listShape(schema, schema.items);
  const fields = new Map<string, TypeShape>();
  const { properties, additionalProperties } = schema;
  if (!properties && isObject(additionalProperties))
    return { kind: "map", value: shapeOfSchema(additionalProperties as Structural, false) };
  const isFree = schema["x-kubernetes-preserve-unknown-fields"] === true || additionalProperties === true;
  if (!properties && !isFree && !isResource) return schema.type === "object" ? { kind: "map", value: deduced } : atom;
  return {
    kind: "struct",
    field(name) {
      if (isResource && name === "metadata") return metadataShape();
      if (isResource && (name === "apiVersion" || name === "kind")) return atom;
      if (!fields.has(name)) {
        const field = properties && Object.hasOwn(properties, name) ? properties[name] : undefined;
        if (!field) return isFree ? deduced : undefined;
        fields.set(name, shapeOfSchema(field, field["x-kubernetes-embedded-resource"] === true));
      }
      return fields.get(name);
    },
  };
}

/** Of a value without a schema: objects field by field, lists and scalars whole. */
const deduced: TypeShape = { kind: "struct", field: () => deduced };

function listShape(schema: Structural, items: Structural): TypeShape {
  switch (schema["x-kubernetes-list-type"]) {
    case "map":
      return {
        kind: "keyed-list",
        keys: schema["x-kubernetes-list-map-keys"] ?? [],
        item: shapeOfSchema(items, false),
      };
    case "set":
      return { kind: "set" };
    default:
      return atom;
  }
}
