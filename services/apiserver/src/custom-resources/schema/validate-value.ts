import {
  deepEqual,
  type FieldError,
  FieldPath,
  fieldErrors,
  type Int64,
  omittedValue,
  stringifyJson,
} from "@drydock/apimachinery";
import { hasFormat } from "./formats.ts";
import { numberFaults } from "./number-limits.ts";
import { patternOf } from "./pattern.ts";
import { isObject, type JsonObject, type Structural, typeFields } from "./structural.ts";
import { typeMismatch } from "./value-types.ts";

/**
 * Judges an object by its schema, in upstream's words. With the object that it replaces, what was wrong before and has not
 * changed is no error (ratcheting, KEP-4008). Rules in CEL and list types are judged elsewhere.
 */
export function validateValue(value: unknown, schema: Structural, old?: unknown): FieldError[] {
  const errors: FieldError[] = [];
  judge({ value, old, schema, path: FieldPath.root, errors, isResource: true });
  return errors;
}

interface Judged {
  readonly value: unknown;
  /** What stood here before; undefined when nothing did. */
  readonly old: unknown;
  readonly schema: Structural;
  readonly path: FieldPath;
  readonly errors: FieldError[];
  /** What a schema does not say of apiVersion, kind and metadata, the server judges itself. */
  readonly isResource: boolean;
}

function judge(judged: Judged): void {
  const { value, old, schema, errors } = judged;
  if (old !== undefined && deepEqual(value, old)) return;
  if (value === null && schema.nullable) return;
  judgeType(judged);
  if (value !== null && value !== undefined) {
    judgeCombinations(judged);
    if (typeof value === "string") judgeText(judged, value);
    else if (typeof value === "number" || typeof value === "bigint") judgeNumber(judged, value);
    else if (Array.isArray(value)) judgeList(judged, value);
  }
  if (schema.enum && !schema.enum.some((candidate) => deepEqual(candidate, value)))
    errors.push(fieldErrors.notSupported(judged.path, value, schema.enum.map(enumText)));
  if (isObject(value)) judgeObject(judged, value);
}

function enumText(value: unknown): string {
  return typeof value === "string" ? value : stringifyJson(value);
}

/** `spec.a in body`, as the validator of OpenAPI calls a place. */
function placeOf(path: FieldPath): string {
  const text = path.toString();
  return text === "[]" ? "" : text;
}

function fail({ path, errors }: Judged, value: unknown, what: string): void {
  errors.push(fieldErrors.invalid(path, value, `${placeOf(path)} in body ${what}`));
}

function judgeType({ value, schema, path, errors }: Judged): void {
  const mismatch = typeMismatch(value, schema);
  if (!mismatch) return;
  const { expected, actual } = mismatch;
  const text = `${placeOf(path)} in body must be of type ${expected}: ${JSON.stringify(actual)}`;
  errors.push(fieldErrors.typeInvalid(path, actual, text));
}

function judgeText(judged: Judged, value: string): void {
  const { schema, path, errors } = judged;
  const wrong = textFault(schema, value);
  if (wrong === "too long") errors.push(fieldErrors.tooLong(path, Number(schema.maxLength)));
  else if (wrong !== undefined) fail(judged, value, wrong);
  if (schema.format !== undefined && !hasFormat(value, schema.format)) {
    const text = `${placeOf(path)} in body must be of type ${schema.format}: ${JSON.stringify(value)}`;
    errors.push(fieldErrors.typeInvalid(path, value, text));
  }
}

/** The first alone. */
function textFault({ maxLength, minLength, pattern }: Structural, value: string): string | undefined {
  const length = [...value].length;
  if (maxLength !== undefined && length > maxLength) return "too long";
  if (minLength !== undefined && length < minLength) return `should be at least ${minLength} chars long`;
  const isMatch = pattern === undefined || patternOf(pattern)?.matcher(value).find();
  return isMatch ? undefined : `should match '${pattern}'`;
}

function judgeNumber(judged: Judged, value: Int64): void {
  const { path, errors } = judged;
  for (const fault of numberFaults(value, judged.schema)) {
    if (fault.kind === "limit") fail(judged, value, fault.text);
    else if (fault.kind === "range")
      errors.push(fieldErrors.invalid(FieldPath.of("<nil>"), "", `${fault.text}${placeOf(path)}`));
    else {
      const { factor } = fault;
      const text = `factor MultipleOf declared for ${placeOf(path)} must be positive: ${factor}`;
      errors.push(fieldErrors.invalid(path, factor, text));
    }
  }
}

function judgeList(judged: Judged, list: readonly unknown[]): void {
  const { schema, path, errors, old } = judged;
  if (schema.maxItems !== undefined && list.length > schema.maxItems)
    errors.push(fieldErrors.tooMany(path, list.length, Number(schema.maxItems)));
  if (schema.minItems !== undefined && list.length < schema.minItems)
    fail(judged, list.length, `should have at least ${schema.minItems} items`);
  if (schema.uniqueItems && list.some((item, i) => list.findIndex((other) => deepEqual(item, other)) < i))
    fail(judged, "", "shouldn't contain duplicates");
  const { items } = schema;
  if (!items) return;
  const oldItems = oldItemsOf(list, old, schema);
  list.forEach((value, index) => {
    const isResource = items["x-kubernetes-embedded-resource"] === true;
    judge({ value, old: oldItems[index], schema: items, path: path.index(index), errors, isResource });
  });
}

/** What each item replaces: by key in a list of type map; in other lists nothing can be told. */
export function oldItemsOf(list: readonly unknown[], old: unknown, schema: Structural): readonly unknown[] {
  const keys = schema["x-kubernetes-list-map-keys"];
  if (schema["x-kubernetes-list-type"] !== "map" || !keys || !Array.isArray(old)) return [];
  const keyOf = (item: unknown) => stringifyJson(keys.map((key) => (isObject(item) ? item[key] : undefined)));
  const byKey = new Map(old.map((item) => [keyOf(item), item]));
  return list.map((item) => byKey.get(keyOf(item)));
}

function judgeObject(judged: Judged, object: JsonObject): void {
  const { schema, path, errors, old, isResource } = judged;
  const names = Object.keys(object);
  if (schema.maxProperties !== undefined && names.length > schema.maxProperties)
    errors.push(fieldErrors.tooMany(path, names.length, Number(schema.maxProperties)));
  if (schema.minProperties !== undefined && names.length < schema.minProperties)
    fail(judged, names.length, `should have at least ${schema.minProperties} properties`);
  for (const name of schema.required ?? [])
    if (object[name] === undefined) errors.push(fieldErrors.required(path.child(name)));
  for (const [name, value] of Object.entries(object)) {
    const declared = schema.properties && Object.hasOwn(schema.properties, name);
    // Of metadata, a schema may speak of the names.
    if (isResource && typeFields.has(name) && !declared) continue;
    const field = declared ? schema.properties?.[name] : schema.additionalProperties;
    if (typeof field !== "object" || value === undefined) continue;
    judge({
      value,
      old: isObject(old) ? old[name] : undefined,
      schema: field,
      path: path.child(name),
      errors,
      isResource: field["x-kubernetes-embedded-resource"] === true,
    });
  }
}

function judgeCombinations(judged: Judged): void {
  const { schema, path, errors } = judged;
  const place = JSON.stringify(placeOf(path));
  const complain = (what: string) => errors.push(fieldErrors.invalid(path, omittedOr(judged), `${place} ${what}`));
  const tryAll = (schemas: readonly Structural[]) => schemas.map((candidate) => errorsOf(judged, candidate));
  if (schema.anyOf && !schema["x-kubernetes-int-or-string"]) {
    const results = tryAll(schema.anyOf);
    if (!results.some((found) => found.length === 0)) {
      complain("must validate at least one schema (anyOf)");
      errors.push(...(bestOf(results) ?? []));
    }
  }
  if (schema.oneOf) {
    const results = tryAll(schema.oneOf);
    const valid = results.filter((found) => found.length === 0).length;
    if (valid !== 1) {
      complain(
        `must validate one and only one schema (oneOf). Found ${valid === 0 ? "none" : valid} valid${valid > 1 ? " alternatives" : ""}`,
      );
      if (valid === 0) errors.push(...(bestOf(results) ?? []));
    }
  }
  if (schema.allOf) {
    const found = tryAll(schema.allOf).flat();
    if (found.length > 0) {
      complain("must validate all the schemas (allOf)");
      errors.push(...found);
    }
  }
  if (schema.not && errorsOf(judged, schema.not).length === 0) complain("must not validate the schema (not)");
}

function omittedOr({ value }: Judged): unknown {
  return value !== null && typeof value === "object" ? omittedValue : value;
}

function errorsOf(judged: Judged, schema: Structural): FieldError[] {
  const errors: FieldError[] = [];
  judge({ ...judged, old: undefined, schema, errors });
  return errors;
}

/** The alternative that comes nearest explains most. */
function bestOf(results: readonly FieldError[][]): readonly FieldError[] | undefined {
  return [...results].sort((a, b) => a.length - b.length)[0];
}
