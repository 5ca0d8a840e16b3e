import { parseExactJson, stringifyJson } from "../exact-json.ts";
import { keyOfItem, type TypeShape } from "./type-shape.ts";

/**
 * One step of a path in its FieldsV1 form: `f:<name>` a field, `k:<json>` an item of a keyed list, `v:<json>` an item of a set.
 * Object keys inside are sorted, so that equal steps are equal texts.
 */
export type PathElement = string;

export function fieldElement(name: string): PathElement {
  return `f:${name}`;
}

/** The steps from a value to its parts, with the parts and their shapes; undefined for what has no parts (atoms). */
export function partsOf(value: unknown, shape: TypeShape): Map<PathElement, Part> | undefined {
  switch (shape.kind) {
    case "atom":
      return undefined;
    case "struct":
    case "map":
      return isRecord(value) ? fieldsOf(value, shape) : undefined;
    case "keyed-list":
    case "set":
      return Array.isArray(value) ? itemsOf(value, shape) : undefined;
  }
}

export interface Part {
  readonly value: unknown;
  readonly shape: TypeShape;
  /** Where it stands: a field's name or an item's index. */
  readonly at: string | number;
}

const unknownField: TypeShape = { kind: "atom" };

export function shapeOfField(shape: TypeShape, name: string): TypeShape {
  if (shape.kind === "struct") return shape.field(name) ?? unknownField;
  return shape.kind === "map" ? shape.value : unknownField;
}

function fieldsOf(value: Record<string, unknown>, shape: TypeShape): Map<PathElement, Part> {
  const parts = new Map<PathElement, Part>();
  for (const [name, item] of Object.entries(value)) {
    if (item !== undefined) parts.set(fieldElement(name), { value: item, shape: shapeOfField(shape, name), at: name });
  }
  return parts;
}

/** Of items with the same key, which validation refuses for most lists, the first counts. */
function itemsOf(list: readonly unknown[], shape: TypeShape): Map<PathElement, Part> {
  const parts = new Map<PathElement, Part>();
  for (const [at, value] of list.entries()) {
    const element = elementOfItem(value, shape, at);
    if (!parts.has(element))
      parts.set(element, { value, shape: shape.kind === "keyed-list" ? shape.item : unknownField, at });
  }
  return parts;
}

export function elementOfItem(item: unknown, shape: TypeShape, index: number): PathElement {
  if (shape.kind === "set") return `v:${stringifyJson(item)}`;
  const key = shape.kind === "keyed-list" ? keyOfItem(shape.keys, item) : undefined;
  return key ? `k:${sortedJson(key)}` : `i:${index}`;
}

function sortedJson(key: Record<string, unknown>): string {
  return stringifyJson(Object.fromEntries(Object.entries(key).sort(([a], [b]) => (a < b ? -1 : 1))));
}

/** As messages show it: `.name`, `[name="nginx"]`, `[="value"]`, `[3]`. */
export function renderElement(element: PathElement): string {
  const text = element.slice(2);
  switch (element.slice(0, 2)) {
    case "f:":
      return `.${text}`;
    case "k:": {
      const key = parseExactJson(text) as Record<string, unknown>;
      return `[${Object.entries(key)
        .map(([name, value]) => `${name}=${stringifyJson(value)}`)
        .join(",")}]`;
    }
    case "v:":
      return `[=${text}]`;
    default:
      return `[${text}]`;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
