import { decodeBase64 } from "../values/base64.ts";
import { markList } from "../values/list-semantics.ts";
import { parseDuration, parseTimestamp } from "../values/time-text.ts";
import { EvaluationError, MapValue, type Value } from "../values/value.ts";
import { escapeFieldName, unescapeFieldName } from "./field-names.ts";
import { type CelSchema, isIntOrString, propertiesOf, valuesOf } from "./schema.ts";

/**
 * JSON as expressions see it. With a schema, fields have their escaped names and texts with a format become times, durations or bytes; without
 * one, whole numbers are int and others double. Nested values are adapted when they are asked for; the JSON must not change meanwhile.
 */
export function adaptJson(json: unknown, schema?: CelSchema): Value {
  if (json === null || json === undefined) return null;
  if (typeof json === "string") return schema ? adaptText(json, schema) : json;
  if (typeof json === "number" || typeof json === "bigint") return adaptNumber(json, schema);
  if (typeof json === "boolean") return json;
  if (Array.isArray(json)) return adaptList(json, schema);
  return new JsonMap(json as Record<string, unknown>, schema);
}

/** Whole numbers that no number holds exactly come as bigints; a number beyond them was none of 64 bits. */
function adaptNumber(json: number | bigint, schema: CelSchema | undefined): Value {
  if (schema?.type === "number") return Number(json);
  return typeof json === "bigint" || Number.isSafeInteger(json) ? BigInt(json) : json;
}

function adaptText(text: string, schema: CelSchema): Value {
  if (schema.type !== "string" || isIntOrString(schema)) return text;
  switch (schema.format) {
    case "byte":
      return decodeBase64(text) ?? fail(`failed to parse base64 ${JSON.stringify(text)}`);
    case "date":
      return parseTimestamp(`${text}T00:00:00Z`) ?? fail(`failed to parse date ${JSON.stringify(text)}`);
    case "date-time":
      return parseTimestamp(text) ?? fail(`failed to parse date ${JSON.stringify(text)}`);
    case "duration":
      return parseDuration(text) ?? fail(`failed to parse duration ${JSON.stringify(text)}`);
    default:
      return text;
  }
}

function fail(message: string): never {
  throw new EvaluationError(message);
}

function adaptList(json: readonly unknown[], schema: CelSchema | undefined): readonly Value[] {
  const list = json.map((item) => adaptJson(item, schema?.items));
  const type = schema?.["x-kubernetes-list-type"];
  if (type !== "set" && type !== "map") return list;
  const keys = (schema?.["x-kubernetes-list-map-keys"] ?? []).map((key) => escapeFieldName(key) ?? key);
  return markList(list, { type, keys });
}

/** A JSON object: with declared properties an object whose fields have escaped names, without a map by its own keys. */
class JsonMap extends MapValue {
  readonly #json: Readonly<Record<string, unknown>>;
  readonly #schema: CelSchema | undefined;
  readonly #properties: Readonly<Record<string, CelSchema>> | undefined;
  readonly #known = new Map<string, Value>();

  constructor(json: Readonly<Record<string, unknown>>, schema: CelSchema | undefined) {
    super();
    this.#json = json;
    this.#schema = schema;
    this.#properties = schema && propertiesOf(schema);
  }

  #property(key: Value): string {
    return this.#properties ? unescapeFieldName(String(key)) : String(key);
  }

  has(key: Value): boolean {
    if (typeof key !== "string") return false;
    const property = this.#property(key);
    return Object.hasOwn(this.#json, property) && this.#json[property] !== undefined;
  }

  get(key: Value): Value | undefined {
    if (!this.has(key)) return undefined;
    const property = this.#property(key);
    let value = this.#known.get(property);
    if (value === undefined) {
      value = adaptJson(this.#json[property], this.#childSchema(property));
      this.#known.set(property, value);
    }
    return value;
  }

  #childSchema(property: string): CelSchema | undefined {
    if (this.#properties) return Object.hasOwn(this.#properties, property) ? this.#properties[property] : undefined;
    return this.#schema && valuesOf(this.#schema);
  }

  keys(): readonly Value[] {
    const names = Object.keys(this.#json).filter((name) => this.#json[name] !== undefined);
    return this.#properties ? names.map((name) => escapeFieldName(name) ?? name) : names;
  }

  get size(): number {
    return this.keys().length;
  }
}
