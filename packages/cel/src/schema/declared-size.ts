import { encodeUtf8 } from "../values/utf8.ts";
import { escapeFieldName } from "./field-names.ts";
import { type CelSchema, isIntOrString, propertiesOf } from "./schema.ts";

/** The part of a schema that says how large values may be. */
export interface SizedSchema extends CelSchema {
  readonly properties?: Readonly<Record<string, SizedSchema>>;
  readonly items?: SizedSchema;
  readonly additionalProperties?: SizedSchema | boolean;
  readonly maxLength?: number | bigint;
  readonly maxItems?: number | bigint;
  readonly maxProperties?: number | bigint;
  readonly enum?: readonly unknown[];
  readonly required?: readonly string[];
  readonly default?: unknown;
}

/** How large values of a schema may be, and at least are as JSON. Bytes bound what the schema does not. */
export interface DeclaredSize {
  readonly elementsMax: number;
  readonly bytesMin: number;
  /** Of keys: whatever they are, they count for nothing. */
  readonly hasKeys?: boolean;
  readonly element?: DeclaredSize;
  readonly fields?: ReadonlyMap<string, DeclaredSize>;
}

/** Of a request. */
const REQUEST_BYTES_MAX = 3 * 1024 * 1024;
/** Of a character in UTF-8. */
const CHARACTER_BYTES_MAX = 4;
const EMPTY_OBJECT_BYTES = 2;

/** Undefined for what expressions do not see. */
export function declaredSize(schema: SizedSchema): DeclaredSize | undefined {
  if (isIntOrString(schema)) return { elementsMax: textMax(schema), bytesMin: 1 };
  switch (schema.type) {
    case "array":
      return listSize(schema);
    case "object":
      return typeof schema.additionalProperties === "object" ? mapSize(schema) : objectSize(schema);
    case "string":
      return textSize(schema);
    case "boolean":
      return { elementsMax: 0, bytesMin: 4 };
    case "number":
    case "integer":
      return { elementsMax: 0, bytesMin: 1 };
    default:
      return undefined;
  }
}

/** How large what lies at a path may be; the first part of the path stands for the whole. */
export function elementsMaxAt(root: DeclaredSize, path: readonly string[]): number | undefined {
  let at: DeclaredSize | undefined = root;
  for (const step of path.slice(1)) {
    if (step === "@keys") return at.hasKeys ? 0 : undefined;
    at = step === "@items" || step === "@values" ? at.element : at.fields?.get(step);
    if (!at) return undefined;
  }
  return at.elementsMax;
}

/** How often something of this size may stand in one request. */
export function cardinalityMax({ bytesMin }: DeclaredSize): number {
  return Math.floor(REQUEST_BYTES_MAX / (bytesMin + 1));
}

function listSize({ items, maxItems }: SizedSchema): DeclaredSize | undefined {
  const element = items && declaredSize(items);
  if (!element) return undefined;
  const fitting = Math.floor((REQUEST_BYTES_MAX - 2) / (element.bytesMin + 1));
  return { elementsMax: Math.max(0, Number(maxItems ?? fitting)), bytesMin: 2, element };
}

function mapSize({ additionalProperties, maxProperties }: SizedSchema): DeclaredSize | undefined {
  const element = declaredSize(additionalProperties as SizedSchema);
  if (!element) return undefined;
  const fitting = Math.floor((REQUEST_BYTES_MAX - 2) / (element.bytesMin + 6));
  return { elementsMax: Math.max(0, Number(maxProperties ?? fitting)), bytesMin: 2, element, hasKeys: true };
}

function objectSize(schema: SizedSchema): DeclaredSize {
  const fields = new Map<string, DeclaredSize>();
  let bytesMin = EMPTY_OBJECT_BYTES;
  for (const [name, property] of Object.entries((propertiesOf(schema) ?? {}) as Record<string, SizedSchema>)) {
    const size = declaredSize(property);
    if (!size) continue;
    const escaped = escapeFieldName(name);
    if (escaped !== undefined) fields.set(escaped, size);
    if (schema.required?.includes(name) && property.default === undefined)
      bytesMin += encodeUtf8(name).length + size.bytesMin + 4;
  }
  return { elementsMax: 0, bytesMin, fields };
}

function textSize(schema: SizedSchema): DeclaredSize {
  switch (schema.format) {
    case "byte":
      return { elementsMax: Math.max(0, Number(schema.maxLength ?? REQUEST_BYTES_MAX - 2)), bytesMin: 2 };
    case "duration":
      return { elementsMax: 32, bytesMin: 3 };
    case "date":
      return { elementsMax: 12, bytesMin: 12 };
    case "date-time":
      return { elementsMax: 32, bytesMin: 21 };
    default:
      return { elementsMax: textMax(schema), bytesMin: 2 };
  }
}

function textMax({ maxLength, enum: values, type }: SizedSchema): number {
  if (maxLength !== undefined) return Math.max(0, Number(maxLength)) * CHARACTER_BYTES_MAX;
  if (type !== "string" || !values || values.length === 0) return REQUEST_BYTES_MAX - 2;
  return Math.max(0, ...values.map((value) => (typeof value === "string" ? encodeUtf8(value).length : 0)));
}
