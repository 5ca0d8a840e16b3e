import {
  canonicalQuantity,
  canonicalResourceQuantity,
  exactNumber,
  goWordOf,
  type Int64,
  isRecord,
  quantityFormatMessage,
  setOwn,
  tryParseQuantity,
} from "@drydock/apimachinery";
import { doubleOf } from "./doubles.ts";
import { restoreError, restoreInteger } from "./restored-values.ts";
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

/** How an object came to be. */
export interface Origin {
  readonly numbers?: NumberTexts | undefined;
  /** From values instead of a text, as the result of a strategic merge patch. */
  readonly isRestored?: boolean;
}

/**
 * Decodes as a typed, strict decoder would: keeps what the type knows, names what it does not know, refuses wrong types.
 * Never changes `object`.
 */
export function checkFields(object: unknown, schemaName: string, origin: Origin = {}): CheckedFields {
  const checker = new FieldChecker(origin);
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
  readonly #isRestored: boolean;

  constructor({ numbers = new Map(), isRestored = false }: Origin) {
    this.#numbers = isRestored ? new Map() : numbers;
    this.#isRestored = isRestored;
  }

  check(value: unknown, schema: Schema, place: Place): unknown {
    const name = referenceOf(schema);
    const own = name === undefined ? undefined : selfDecoding[name];
    if (own !== undefined) return this.#own(value, own, name === quantity, place);
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
        return isNumber(value) ? doubleOf(Number(value)) : this.#mismatch(value, place);
      case "boolean":
        return typeof value === "boolean" ? value : this.#mismatch(value, place);
      default:
        return value;
    }
  }

  #own(value: unknown, check: SelfDecoding, isQuantity: boolean, place: Place): unknown {
    const text = isNumber(value) ? this.#textOf(value, place) : undefined;
    const error = check(value, text);
    if (error === undefined) return isQuantity ? canonicalQuantity(text ?? String(value)) : value;
    if (typeof error === "string") this.typeErrors.push(error);
    // Restored, such a value has a text of its own, which stands nowhere.
    else
      this.#cannotUnmarshal(error.word, {
        ...place,
        goType: error.goType,
        goPath: this.#isRestored ? "" : place.goPath,
      });
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
    if (!isNumber(value)) return this.#mismatch(value, place);
    const bits = schema.format === "int64" ? 64 : 32;
    if (this.#isRestored) return restoreInteger(value, bits) ?? this.#mismatch(value, place);
    const text = this.#textOf(value, place);
    return integerOf(text, bits) ?? this.#cannotUnmarshal(`number ${text}`, place);
  }

  #textOf(value: Int64, { path }: Place): string {
    return this.#numbers.get(path) ?? String(value);
  }

  #mismatch(value: unknown, place: Place): undefined {
    if (this.#isRestored) this.typeErrors.push(restoreError(value, place.goType));
    else this.#cannotUnmarshal(goWordOf(value), place);
    return undefined;
  }

  #cannotUnmarshal(word: string, place: Place): undefined {
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

/** Answers what is wrong: a text, or which JSON it had no use for. Of a number, the text is there too. */
type SelfDecoding = (
  value: unknown,
  text: string | undefined,
) => string | { readonly word: string; readonly goType: string } | undefined;

/** Types that decode themselves. */
const selfDecoding: Readonly<Record<string, SelfDecoding>> = {
  [quantity]: (value, text) => {
    if (typeof value !== "string" && text === undefined) return quantityFormatMessage;
    return tryParseQuantity(text ?? String(value)) === undefined ? quantityFormatMessage : undefined;
  },
  "io.k8s.apimachinery.pkg.util.intstr.IntOrString": (value, text) => {
    if (typeof value === "string") return undefined;
    if (text === undefined) return { word: goWordOf(value), goType: "int32" };
    return integerOf(text, 32) === undefined ? { word: `number ${text}`, goType: "int32" } : undefined;
  },
  [`${meta}.Time`]: timeError,
  [`${meta}.MicroTime`]: timeError,
};

function timeError(value: unknown): ReturnType<SelfDecoding> {
  if (typeof value !== "string") return { word: goWordOf(value), goType: "string" };
  if (value === "") return undefined;
  const isRfc3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d([.,]\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(value);
  if (isRfc3339 && !Number.isNaN(Date.parse(value))) return undefined;
  const quoted = JSON.stringify(value);
  return `parsing time ${quoted} as "2006-01-02T15:04:05Z07:00": cannot parse ${quoted} as "2006"`;
}

function isNumber(value: unknown): value is Int64 {
  return typeof value === "number" || typeof value === "bigint";
}

/** What Go reads from these digits, undefined where they are not digits alone or do not fit. */
function integerOf(text: string, bits: 32 | 64): Int64 | undefined {
  if (!/^-?\d+$/.test(text)) return undefined;
  const value = exactNumber(text);
  if (bits === 32) return value >= -(2 ** 31) && value < 2 ** 31 ? value : undefined;
  return typeof value === "bigint" || Number.isSafeInteger(value) ? value : undefined;
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
