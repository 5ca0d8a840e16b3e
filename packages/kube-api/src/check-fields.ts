import {
  canonicalQuantity,
  canonicalResourceQuantity,
  isRecord,
  quantityFormatMessage,
  setOwn,
  tryParseQuantity,
} from "@drydock/apimachinery";
import { referenceOf, resolveSchema, type Schema, schemaOf } from "./schema.ts";

export interface CheckedFields {
  /** A copy that holds known fields only; nulls are gone. */
  readonly value: Record<string, unknown>;
  /** Paths of unknown fields, e.g. `spec.containers[0].foo`, in the order of the body. */
  readonly unknown: string[];
  /** What Go's decoder would say of the first wrong types; the object must be refused when there are any. */
  readonly typeErrors: string[];
}

/** Numbers as they were written, by path, where that matters: Go takes `3.0` for no integer. */
export type NumberTexts = ReadonlyMap<string, string>;

/**
 * Decodes as a typed, strict decoder would: keeps what the type knows, names what it does not know, refuses wrong types.
 * Never changes `object`.
 */
export function checkFields(object: unknown, schemaName: string, numbers: NumberTexts = new Map()): CheckedFields {
  const checker = new FieldChecker(numbers);
  const value = checker.check(object, schemaOf(schemaName), {
    path: "",
    goPath: "",
    struct: "",
    goType: goStructName(schemaName),
  });
  return { value: isRecord(value) ? value : {}, unknown: checker.unknown, typeErrors: checker.typeErrors };
}

/** Where the checker stands, in the words of both reports. */
interface Place {
  /** `spec.containers[0].name` */
  readonly path: string;
  /** `spec.containers.name`: Go leaves indices and map keys out. */
  readonly goPath: string;
  /** The struct whose field this is, `Container`. */
  readonly struct: string;
  readonly goType: string;
}

class FieldChecker {
  readonly unknown: string[] = [];
  readonly typeErrors: string[] = [];
  readonly #numbers: NumberTexts;

  constructor(numbers: NumberTexts) {
    this.#numbers = numbers;
  }

  check(value: unknown, schema: Schema, place: Place): unknown {
    const name = referenceOf(schema);
    const own = name === undefined ? undefined : selfDecoding[name];
    if (own !== undefined) return this.#own(value, own, name === quantity);
    const resolved = resolveSchema(schema);
    switch (resolved.type) {
      case "object":
        return this.#object(value, resolved, { ...place, struct: structName(name) ?? place.struct });
      case "array":
        return this.#array(value, resolved, place);
      case "string":
        return this.#string(value, resolved, place);
      case "integer":
        return this.#integer(value, resolved, place);
      case "number":
        return typeof value === "number" ? value : this.#mismatch(value, place);
      case "boolean":
        return typeof value === "boolean" ? value : this.#mismatch(value, place);
      default:
        return value;
    }
  }

  #own(value: unknown, check: (value: unknown) => string | undefined, isQuantity: boolean): unknown {
    const error = check(value);
    if (error === undefined) return isQuantity ? canonicalQuantity(String(value)) : value;
    this.typeErrors.push(error);
    return undefined;
  }

  #object(value: unknown, schema: Schema, place: Place): unknown {
    if (!isRecord(value)) return this.#mismatch(value, place);
    if (schema.properties !== undefined) return this.#struct(value, schema.properties, place);
    if (schema.additionalProperties === undefined) return value;
    const result: Record<string, unknown> = {};
    const isResources = referenceOf(schema.additionalProperties) === quantity && !withPlainQuantities.has(place.struct);
    for (const [key, item] of Object.entries(value)) {
      const path = `${place.path}.${key}`;
      const inner = { ...place, path, goType: goTypeOf(schema.additionalProperties) };
      const checked = this.#item(item, schema.additionalProperties, inner);
      setOwn(result, key, isResources && typeof checked === "string" ? canonicalResourceQuantity(checked) : checked);
    }
    return result;
  }

  #struct(value: Record<string, unknown>, properties: Readonly<Record<string, Schema>>, place: Place): unknown {
    const result: Record<string, unknown> = {};
    for (const [key, field] of Object.entries(value)) {
      const path = place.path === "" ? key : `${place.path}.${key}`;
      const property = Object.hasOwn(properties, key) ? properties[key] : undefined;
      if (property === undefined) {
        this.unknown.push(path);
        continue;
      }
      if (field === null || field === undefined) continue;
      const goPath = place.goPath === "" ? key : `${place.goPath}.${key}`;
      const struct = place.struct === "" ? place.goType.replace(/^.*\./, "") : place.struct;
      const checked = this.check(field, property, { path, goPath, struct, goType: goTypeOf(property) });
      if (checked !== undefined) result[key] = checked;
    }
    return result;
  }

  #array(value: unknown, schema: Schema, place: Place): unknown {
    if (!Array.isArray(value)) return this.#mismatch(value, place);
    const items = schema.items ?? {};
    const goType = goTypeOf(items);
    return value.map((item, index) => this.#item(item, items, { ...place, path: `${place.path}[${index}]`, goType }));
  }

  /** A null item is the zero value of its type. */
  #item(value: unknown, schema: Schema, place: Place): unknown {
    return value === null ? zeroValue(resolveSchema(schema)) : this.check(value, schema, place);
  }

  #string(value: unknown, schema: Schema, place: Place): unknown {
    if (typeof value !== "string") return this.#mismatch(value, place);
    if (schema.format !== "byte") return value;
    const bad = illegalBase64At(value);
    if (bad < 0) return value;
    this.typeErrors.push(`illegal base64 data at input byte ${bad}`);
    return undefined;
  }

  #integer(value: unknown, schema: Schema, place: Place): unknown {
    if (typeof value !== "number") return this.#mismatch(value, place);
    const limit = schema.format === "int64" ? 2 ** 63 : 2 ** 31;
    const text = this.#numbers.get(place.path);
    const isWhole = text === undefined ? Number.isInteger(value) : /^-?\d+$/.test(text);
    if (isWhole && value >= -limit && value < limit) return value;
    return this.#mismatch(value, place, `number ${text ?? value}`);
  }

  #mismatch(value: unknown, place: Place, word = jsonWord(value)): undefined {
    const target =
      place.goPath === ""
        ? `Go value of type ${place.goType}`
        : `Go struct field ${place.struct}.${place.goPath} of type ${place.goType}`;
    this.typeErrors.push(`json: cannot unmarshal ${word} into ${target}`);
    return undefined;
  }
}

const meta = "io.k8s.apimachinery.pkg.apis.meta.v1";
const quantity = "io.k8s.apimachinery.pkg.api.resource.Quantity";

/** Types whose maps of quantities are no amounts of a node's or a pod's resources. */
const withPlainQuantities: ReadonlySet<string> = new Set(["CapacityRequirements", "DeviceRequestAllocationResult"]);

/** Types that decode themselves: each answers its own error text, or undefined. */
const selfDecoding: Readonly<Record<string, (value: unknown) => string | undefined>> = {
  [quantity]: (value) => {
    if (typeof value !== "string" && typeof value !== "number") return quantityFormatMessage;
    return tryParseQuantity(String(value)) === undefined ? quantityFormatMessage : undefined;
  },
  "io.k8s.apimachinery.pkg.util.intstr.IntOrString": (value) => {
    if (typeof value === "string") return undefined;
    if (typeof value === "number" && Number.isInteger(value) && Math.abs(value) < 2 ** 31) return undefined;
    const isNumber = typeof value === "number";
    const word = isNumber ? `number ${value}` : jsonWord(value);
    return `json: cannot unmarshal ${word} into Go value of type ${isNumber ? "int32" : "string"}`;
  },
  [`${meta}.Time`]: (value) => timeError(value),
  [`${meta}.MicroTime`]: (value) => timeError(value),
};

function timeError(value: unknown): string | undefined {
  if (typeof value !== "string") return `json: cannot unmarshal ${jsonWord(value)} into Go value of type string`;
  if (value === "") return undefined;
  const isRfc3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d([.,]\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(value);
  if (isRfc3339 && !Number.isNaN(Date.parse(value))) return undefined;
  const quoted = JSON.stringify(value);
  return `parsing time ${quoted} as "2006-01-02T15:04:05Z07:00": cannot parse ${quoted} as "2006"`;
}

function jsonWord(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (value === null) return "null";
  return typeof value === "boolean" ? "bool" : typeof value;
}

function zeroValue(schema: Schema): unknown {
  switch (schema.type) {
    case "object":
      return {};
    case "array":
      return [];
    case "string":
      return "";
    case "integer":
    case "number":
      return 0;
    case "boolean":
      return false;
    default:
      return null;
  }
}

function structName(openApiName: string | undefined): string | undefined {
  return openApiName?.slice(openApiName.lastIndexOf(".") + 1);
}

/** `io.k8s.api.core.v1.PodSpec` → `v1.PodSpec`. */
function goStructName(openApiName: string): string {
  return openApiName.split(".").slice(-2).join(".");
}

function goTypeOf(schema: Schema): string {
  const name = referenceOf(schema);
  if (name !== undefined) return goStructName(name);
  switch (schema.type) {
    case "object":
      return schema.additionalProperties === undefined
        ? "map[string]interface {}"
        : `map[string]${goTypeOf(schema.additionalProperties)}`;
    case "array":
      return `[]${goTypeOf(schema.items ?? {})}`;
    case "integer":
      return schema.format ?? "int64";
    case "number":
      return "float64";
    case "boolean":
      return "bool";
    default:
      return schema.format === "byte" ? "[]uint8" : "string";
  }
}

/** Index of the first byte that breaks base64, or -1. Line breaks are allowed, as Go allows them. */
function illegalBase64At(text: string): number {
  const bad = /[^A-Za-z0-9+/=\r\n]/.exec(text);
  if (bad !== null) return bad.index;
  const compact = text.replaceAll(/[\r\n]/g, "");
  const padding = /=+$/.exec(compact)?.[0].length ?? 0;
  const firstPad = compact.indexOf("=");
  if (firstPad >= 0 && firstPad < compact.length - padding) return firstPad;
  if (padding > 2) return compact.length - padding;
  return compact.length % 4 === 0 ? -1 : compact.length;
}
