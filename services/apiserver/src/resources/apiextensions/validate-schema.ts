import { deepEqual, type FieldError, type FieldPath, fieldErrors } from "@drydock/apimachinery";
import { patternOf } from "../../custom-resources/schema/pattern.ts";
import { prune } from "../../custom-resources/schema/prune.ts";
import { isObject, type Structural } from "../../custom-resources/schema/structural.ts";
import { validateValue } from "../../custom-resources/schema/validate-value.ts";
import { type Finding, findings } from "../meta/rules.ts";
import { cardinalityBelow, RuleCosts } from "./rule-costs.ts";
import { type RuleScope, validateCelRules } from "./validate-cel-rules.ts";

const types = ["array", "boolean", "integer", "number", "object", "string"];

/** A version's whole schema: structural, and each part allowed where it stands. `before` is the one that is stored. */
export function validateSchema(root: Structural, path: FieldPath, before?: Structural): FieldError[] {
  const costs = new RuleCosts(before !== undefined && deepEqual(root, before));
  const errors = findings(
    !root.type && fieldErrors.required(path.child("type"), "must not be empty at the root"),
    root.type &&
      root.type !== "object" &&
      fieldErrors.invalid(path.child("type"), root.type, "must be object at the root"),
    root.nullable && fieldErrors.forbidden(path.child("nullable"), "nullable cannot be true at the root"),
    root["x-kubernetes-preserve-unknown-fields"] === false &&
      fieldErrors.invalid(path.child("x-kubernetes-preserve-unknown-fields"), false, "must be true or undefined"),
    validateMetadata(root, path),
    validatePart(root, path, { isRoot: true, cardinality: 1, costs }),
  );
  return [...errors, ...costs.errors(path)];
}

/** Of metadata, a schema may speak of the names alone. */
function validateMetadata(root: Structural, path: FieldPath): Finding {
  const metadata = root.properties?.["metadata"];
  if (!metadata) return undefined;
  const { type, properties = {}, description: _, ...rest } = metadata;
  const isAllowed =
    (type === undefined || type === "object") &&
    Object.keys(rest).length === 0 &&
    Object.keys(properties).every((name) => name === "name" || name === "generateName");
  return (
    !isAllowed &&
    fieldErrors.forbidden(
      path.child("properties").key("metadata"),
      "must not specify anything other than name and generateName, but metadata is implicitly specified",
    )
  );
}

const unsupported = ["$ref", "definitions", "dependencies", "additionalItems", "patternProperties", "id", "$schema"];

function validatePart(schema: Structural, path: FieldPath, scope: RuleScope): Finding {
  const { isRoot } = scope;
  const below = { ...scope, isRoot: false, cardinality: cardinalityBelow(schema, scope.cardinality) };
  const raw = schema as Readonly<Record<string, unknown>>;
  const { type, items, properties, additionalProperties } = schema;
  return [
    unsupported
      .filter((name) => raw[name] !== undefined)
      .map((name) => fieldErrors.forbidden(path.child(name), `${name} is not supported`)),
    type !== undefined &&
      type !== "" &&
      !types.includes(type) &&
      fieldErrors.notSupported(path.child("type"), type, types),
    schema.uniqueItems &&
      fieldErrors.forbidden(
        path.child("uniqueItems"),
        "uniqueItems cannot be set to true since the runtime complexity becomes quadratic",
      ),
    additionalProperties === false &&
      fieldErrors.forbidden(path.child("additionalProperties"), "additionalProperties cannot be set to false"),
    additionalProperties !== undefined &&
      properties &&
      fieldErrors.forbidden(
        path.child("additionalProperties"),
        "additionalProperties and properties are mutual exclusive",
      ),
    schema.pattern !== undefined &&
      !patternOf(schema.pattern) &&
      fieldErrors.invalid(path.child("pattern"), schema.pattern, "must be a valid regular expression"),
    type === "array" && !items && fieldErrors.required(path.child("items"), "must be specified"),
    Array.isArray(items) &&
      fieldErrors.forbidden(path.child("items"), "items must be a schema object and not an array"),
    validateListType(schema, path),
    validateMapType(schema, path),
    schema.default !== undefined && validateDefault(schema, path.child("default"), isRoot),
    schema["x-kubernetes-embedded-resource"] &&
      type !== "object" &&
      fieldErrors.invalid(path.child("type"), type ?? "", "must be object if x-kubernetes-embedded-resource is true"),
    validateCelRules(schema, path, scope),
    Object.entries(properties ?? {}).map(([name, field]) =>
      validateChild(field, path.child("properties").key(name), "for specified object fields", below),
    ),
    isObject(items) && validateChild(items as Structural, path.child("items"), "for specified array items", below),
    isObject(additionalProperties) &&
      validateChild(
        additionalProperties as Structural,
        path.child("additionalProperties"),
        "for specified object fields",
        below,
      ),
    validateLogic(schema, path),
  ];
}

function validateChild(schema: Structural, path: FieldPath, where: string, scope: RuleScope): Finding {
  const isTyped = schema.type || schema["x-kubernetes-int-or-string"] || schema["x-kubernetes-preserve-unknown-fields"];
  return [
    !isTyped && fieldErrors.required(path.child("type"), `must not be empty ${where}`),
    validatePart(schema, path, scope),
  ];
}

const logical = ["allOf", "anyOf", "oneOf"] as const;
const structuralOnly = [
  "description",
  "type",
  "default",
  "additionalProperties",
  "nullable",
  "title",
  "x-kubernetes-preserve-unknown-fields",
  "x-kubernetes-embedded-resource",
  "x-kubernetes-list-type",
  "x-kubernetes-validations",
] as const;

/** Alternatives judge values and say nothing about the structure. */
function validateLogic(schema: Structural, path: FieldPath): Finding {
  const isIntOrString = schema["x-kubernetes-int-or-string"] === true;
  const inner = [
    ...logical.flatMap((name) => (schema[name] ?? []).map((part, i) => [part, path.child(name).index(i)] as const)),
    ...(schema.not ? [[schema.not, path.child("not")] as const] : []),
  ];
  return inner.map(([part, at]) => [
    structuralOnly
      .filter((name) => part[name] !== undefined && !(name === "type" && isIntOrString))
      .map((name) => fieldErrors.forbidden(at.child(name), "must be empty to be structural")),
    Object.entries(part.properties ?? {}).map(([name, field]) =>
      validateLogicChild(
        field,
        schema.properties?.[name],
        at.child("properties").key(name),
        path.child("properties").key(name),
      ),
    ),
    validateLogic(part, at),
  ]);
}

function validateLogicChild(
  part: Structural,
  declared: Structural | undefined,
  path: FieldPath,
  structurePath: FieldPath,
): Finding {
  return [
    !declared && fieldErrors.required(structurePath, `because it is defined in ${path}`),
    structuralOnly
      .filter((name) => part[name] !== undefined)
      .map((name) => fieldErrors.forbidden(path.child(name), "must be empty to be structural")),
  ];
}

function validateListType(schema: Structural, path: FieldPath): Finding {
  const type = schema["x-kubernetes-list-type"];
  const keys = schema["x-kubernetes-list-map-keys"];
  const keysPath = path.child("x-kubernetes-list-map-keys");
  if (type === undefined)
    return (
      keys &&
      fieldErrors.required(
        path.child("x-kubernetes-list-type"),
        "must be map if x-kubernetes-list-map-keys is non-empty",
      )
    );
  if (!["atomic", "set", "map"].includes(type))
    return fieldErrors.notSupported(path.child("x-kubernetes-list-type"), type, ["atomic", "map", "set"]);
  if (schema.type !== "array")
    return fieldErrors.invalid(
      path.child("type"),
      schema.type ?? "",
      "must be array if x-kubernetes-list-type is specified",
    );
  const setOfNulls =
    type === "set" &&
    schema.items?.nullable &&
    fieldErrors.forbidden(path.child("items", "nullable"), "cannot be nullable when x-kubernetes-list-type is set");
  if (type !== "map") return setOfNulls;
  if (!keys || keys.length === 0)
    return fieldErrors.required(keysPath, "must not be empty if x-kubernetes-list-type is map");
  const { items } = schema;
  return [
    items?.type !== "object" &&
      fieldErrors.invalid(
        path.child("items", "type"),
        items?.type ?? "",
        "must be object if parent array's x-kubernetes-list-type is map",
      ),
    keys.map((key, i) => {
      const field = items?.properties?.[key];
      if (!field) return fieldErrors.invalid(keysPath.index(i), key, "entries must all be names of item properties");
      const at = path.child("items", "properties").key(key);
      return (
        field.default === undefined &&
        !items?.required?.includes(key) &&
        fieldErrors.required(
          at.child("default"),
          "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property",
        )
      );
    }),
  ];
}

function validateMapType(schema: Structural, path: FieldPath): Finding {
  const type = schema["x-kubernetes-map-type"];
  if (type === undefined) return undefined;
  if (type !== "atomic" && type !== "granular")
    return fieldErrors.notSupported(path.child("x-kubernetes-map-type"), type, ["atomic", "granular"]);
  return (
    schema.type !== "object" &&
    fieldErrors.invalid(path.child("type"), schema.type ?? "", "must be object if x-kubernetes-map-type is specified")
  );
}

/** A default must be what its schema lets through, whole. */
function validateDefault(schema: Structural, path: FieldPath, isRoot: boolean): Finding {
  const copy = structuredClone(schema.default);
  const unknown = prune(copy, schema, isRoot);
  return [
    unknown.length > 0 &&
      fieldErrors.invalid(path, schema.default, `must not have unknown fields: ${unknown.join(", ")}`),
    validateValue(schema.default, schema).map((error) => ({
      ...error,
      field: error.field === "[]" || error.field === "<nil>" ? path.toString() : path.child(error.field).toString(),
    })),
  ];
}
