import {
  elementOfItem,
  goText,
  goWordOf,
  isRecord,
  renderElement,
  shapeOfField,
  type TypeShape,
} from "@drydock/apimachinery";
import { referenceOf, resolveSchema, type Schema } from "./schema.ts";

/** A schema of a type, and how its values are told apart. */
export interface AppliedType {
  readonly schema: Schema;
  readonly shape: TypeShape;
  /** Whether a field that the schema does not know is a fault. */
  readonly isClosed: boolean;
}

/**
 * What structured-merge-diff has against a configuration that is applied, in its words: each fault under its path, `.spec.replicas: …`. Values
 * of one kind of scalar are not told apart further; that is done when the result is restored.
 */
export function typedFaults(config: unknown, { schema, shape, isClosed }: AppliedType): string[] {
  const faults: string[] = [];
  visit(config, schema, shape, "");
  return faults;

  function fault(path: string, what: string): void {
    faults.push(`${path}: ${what}`);
  }

  function visit(value: unknown, property: Schema, shape: TypeShape, path: string): void {
    const name = referenceOf(property)?.replace(/^.*\./, "") ?? "";
    if (value === null || value === undefined || free.has(name) || property["x-kubernetes-int-or-string"]) return;
    const type = resolveSchema(property);
    if (scalars.has(name)) {
      if (typeof value === "object") fault(path, `expected any scalar, got ${shown(value)}`);
    } else if (type.type === "object") visitFields(value, type, shape, path);
    else if (type.type === "array") visitItems(value, type, shape, path);
    else {
      const wrong = scalarFault(value, type);
      if (wrong !== undefined) fault(path, wrong);
    }
  }

  function visitFields(value: unknown, type: Schema, shape: TypeShape, path: string): void {
    if (!isRecord(value)) return fault(path, `expected map, got ${shown(value)}`);
    const { properties = {}, additionalProperties } = type;
    for (const [key, field] of Object.entries(value)) {
      const property = Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
      if (typeof property === "object") visit(field, property, shapeOfField(shape, key), `${path}.${key}`);
      else if (isClosed && type.properties) fault(`${path}.${key}`, "field not declared in schema");
    }
  }

  function visitItems(value: unknown, { items }: Schema, shape: TypeShape, path: string): void {
    if (!Array.isArray(value)) return fault(path, `expected list, got ${shown(value)}`);
    const odd = shape.kind === "keyed-list" ? value.findIndex((item) => !isRecord(item)) : -1;
    if (odd >= 0) return fault(path, `element ${odd}: associative list with keys may not have non-map elements`);
    const itemShape: TypeShape = shape.kind === "keyed-list" ? shape.item : { kind: "atom" };
    for (const [index, item] of value.entries())
      if (items) visit(item, items, itemShape, path + renderElement(elementOfItem(item, shape, index)));
  }
}

/** Written as anything, or as one scalar or another. */
const free: ReadonlySet<string> = new Set(["IntOrString", "RawExtension", "FieldsV1", "JSON"]);
const scalars: ReadonlySet<string> = new Set(["Quantity", "Time", "MicroTime"]);

function scalarFault(value: unknown, { type }: Schema): string | undefined {
  const word = goWordOf(value);
  if ((type === "integer" || type === "number") && word !== "number")
    return `expected numeric (int or float), got ${goTypes[word] ?? word}`;
  if (type === "string" && word !== "string")
    return `expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`;
  return type === "boolean" && word !== "bool" ? `expected boolean, got ${shown(value)}` : undefined;
}

const goTypes: Readonly<Record<string, string>> = { object: "map[string]interface {}", array: "[]interface {}" };

/** A value in the struct that wraps it, as Go's `%v` prints it. */
function shown(value: unknown): string {
  return `&{${goText(value)}}`;
}

/** As Go's `%#v` prints it. */
function goSyntax(value: unknown): string {
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(", ")}}`;
  if (!isRecord(value)) return typeof value === "string" ? JSON.stringify(value) : goText(value);
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[string]interface {}{${fields.map(([key, item]) => `${JSON.stringify(key)}:${goSyntax(item)}`).join(", ")}}`;
}
