import { flattenFields, type ProtobufFacts } from "./protobuf-facts.ts";
import type { Model, ModelField } from "./read-models.ts";
import { groupVersionOf, openApiNameOf } from "./upstream-names.ts";

export type Schema = Record<string, unknown>;

/** Per schema name, per field ("" for the type itself): how its list or map merges. */
export type ListSemantics = Readonly<Record<string, Readonly<Record<string, Readonly<FieldSemantics>>>>>;

export interface FieldSemantics {
  patchStrategy?: string;
  patchMergeKey?: string;
  listType?: string;
  listMapKeys?: string[];
  mapType?: string;
}

const meta = "io.k8s.apimachinery.pkg.apis.meta.v1";
const apiextensions = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1";

/** Types that marshal themselves: no model carries them. */
const ownJson: Readonly<Record<string, Schema>> = {
  [`${meta}.Time`]: {
    type: "string",
    format: "date-time",
    description: "A point in time with a resolution of seconds, written as RFC 3339.",
  },
  [`${meta}.MicroTime`]: {
    type: "string",
    format: "date-time",
    description: "A point in time with a resolution of microseconds, written as RFC 3339.",
  },
  [`${meta}.FieldsV1`]: { type: "object", description: "A set of fields as a trie, in its JSON form." },
  "io.k8s.apimachinery.pkg.api.resource.Quantity": {
    oneOf: [{ type: "string" }, { type: "number" }],
    description: "A fixed-point number with a decimal or binary suffix, such as 100m, 1.5Gi or 2e3.",
  },
  "io.k8s.apimachinery.pkg.util.intstr.IntOrString": {
    format: "int-or-string",
    oneOf: [{ type: "integer" }, { type: "string" }],
    description: "Either an int32 or a string.",
  },
  "io.k8s.apimachinery.pkg.runtime.RawExtension": { type: "object", description: "An object of any kind." },
  [`${apiextensions}.JSON`]: { description: "Any JSON value." },
  [`${apiextensions}.JSONSchemaPropsOrBool`]: { description: "A JSON schema or a boolean." },
  [`${apiextensions}.JSONSchemaPropsOrArray`]: { description: "A JSON schema or an array of them." },
  [`${apiextensions}.JSONSchemaPropsOrStringArray`]: { description: "A JSON schema or an array of strings." },
};

export function renderSchemas(
  models: readonly Model[],
  messages: ReadonlyMap<string, string>,
  openApiNames: ReadonlyMap<string, string>,
  facts: ProtobufFacts,
  semantics: ListSemantics,
): Record<string, Schema> {
  const schemas: Record<string, Schema> = { ...ownJson };
  for (const model of models) {
    const name = openApiNames.get(model.name);
    if (name === undefined) throw new Error(`model ${model.name} has no upstream name`);
    const message = messages.get(model.name);
    const jsonNames = new Set(model.fields.map((field) => field.name));
    const wireTypes = message === undefined ? new Map<string, string>() : flattenFields(facts, message, jsonNames);
    const render = (field: ModelField) => renderField(field, wireTypes.get(field.name), openApiNames);
    schemas[name] = renderModel(model, name, render, semantics[name] ?? {});
  }
  addFieldlessTypes(schemas, facts);
  return Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function renderModel(
  model: Model,
  name: string,
  render: (field: ModelField) => Schema,
  semantics: Readonly<Record<string, FieldSemantics>>,
): Schema {
  const required = model.fields.filter((field) => field.isRequired).map((field) => field.name);
  const properties = Object.fromEntries(
    model.fields.map((field) => [field.name, { ...render(field), ...extensionsOf(semantics[field.name]) }]),
  );
  const isKind = "apiVersion" in properties && "kind" in properties && "metadata" in properties;
  return {
    ...(model.description !== "" && { description: model.description }),
    type: "object",
    ...(required.length > 0 && { required }),
    properties,
    ...extensionsOf(semantics[""]),
    ...((isKind || name === `${meta}.DeleteOptions`) && { "x-kubernetes-group-version-kind": [kindOf(name)] }),
  };
}

function kindOf(name: string): Schema {
  const { group, version, type } = groupVersionOf(name);
  return { group, kind: type, version };
}

function renderField(
  field: ModelField,
  wireType: string | undefined,
  openApiNames: ReadonlyMap<string, string>,
): Schema {
  const schema = wireType === undefined ? fromModelType(field, openApiNames) : fromWireType(wireType, field);
  if (field.description === "") return schema;
  // A reference stands alone in OpenAPI 3.0; upstream wraps it to describe the field.
  if ("$ref" in schema) return { description: field.description, allOf: [schema] };
  return { description: field.description, ...schema };
}

const reference = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

function fromWireType(type: string, field: ModelField): Schema {
  if (type.startsWith("[]")) return { type: "array", items: fromWireType(type.slice(2), field) };
  const map = /^map<string, (.*)>$/.exec(type);
  if (map?.[1] !== undefined) return { type: "object", additionalProperties: fromWireType(map[1], field) };
  if (type === "bytes") return { type: "string", format: "byte" };
  if (type === "bool") return { type: "boolean" };
  if (type === "string") return { type: "string" };
  if (type === "int32" || type === "int64") return { type: "integer", format: type };
  if (type === "double") return { type: "number", format: "double" };
  // Messages on the protobuf wire, plain lists in JSON.
  if (type.endsWith(".ExtraValue") || type.endsWith(".Verbs")) return { type: "array", items: { type: "string" } };
  return reference(openApiNameOf(type));
}

function fromModelType(field: ModelField, openApiNames: ReadonlyMap<string, string>): Schema {
  const list = /^Array<(.*)>$/.exec(field.type);
  if (list?.[1] !== undefined)
    return { type: "array", items: fromModelType({ ...field, type: list[1] }, openApiNames) };
  const map = /^\{ \[key: string\]: (.*); \}$/.exec(field.type);
  if (map?.[1] !== undefined) {
    return { type: "object", additionalProperties: fromModelType({ ...field, type: map[1] }, openApiNames) };
  }
  if (field.type === "string") return { type: "string", ...(field.format !== "" && { format: field.format }) };
  if (field.type === "boolean") return { type: "boolean" };
  if (field.type === "number") return { type: field.format === "double" ? "number" : "integer", format: field.format };
  if (field.type === "any") return {};
  const name = openApiNames.get(field.type);
  if (name === undefined) throw new Error(`field ${field.name} has unknown type ${field.type}`);
  return reference(name);
}

function extensionsOf(semantics: FieldSemantics | undefined): Schema {
  if (semantics === undefined) return {};
  return {
    ...(semantics.patchStrategy !== undefined && { "x-kubernetes-patch-strategy": semantics.patchStrategy }),
    ...(semantics.patchMergeKey !== undefined && { "x-kubernetes-patch-merge-key": semantics.patchMergeKey }),
    ...(semantics.listType !== undefined && { "x-kubernetes-list-type": semantics.listType }),
    ...(semantics.listMapKeys !== undefined && { "x-kubernetes-list-map-keys": semantics.listMapKeys }),
    ...(semantics.mapType !== undefined && { "x-kubernetes-map-type": semantics.mapType }),
  };
}

/** Types without a single field have no model; they are empty objects. */
function addFieldlessTypes(schemas: Record<string, Schema>, facts: ProtobufFacts): void {
  const fieldless = Object.entries(facts).filter(([, fields]) => Object.keys(fields).length === 0);
  const names = new Set(fieldless.map(([message]) => openApiNameOf(message)));
  for (const [, name] of JSON.stringify(schemas).matchAll(/#\/components\/schemas\/([^"]+)/g)) {
    if (name === undefined || schemas[name] !== undefined) continue;
    if (!names.has(name)) throw new Error(`dangling reference to ${name}`);
    schemas[name] = { type: "object" };
  }
}
