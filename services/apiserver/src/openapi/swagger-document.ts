import type { Schema } from "@drydock/kube-api";
import {
  type Method,
  type OpenApiDocument,
  type Operation,
  openApiInfo,
  type Parameter,
  type PathItem,
} from "./openapi-document.ts";

const METHODS: readonly Method[] = ["get", "put", "post", "delete", "patch"];

export interface SwaggerDocument {
  readonly swagger: "2.0";
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, SwaggerPathItem>>;
  readonly definitions: Readonly<Record<string, SwaggerSchema>>;
}

export type SwaggerPathItem = Partial<Record<Method, SwaggerOperation>> & { parameters?: SwaggerParameter[] };

export interface SwaggerOperation {
  operationId: string;
  consumes: string[];
  produces: string[];
  parameters: SwaggerParameter[];
  responses: Record<string, { description: string; schema?: SwaggerSchema }>;
  [extension: `x-${string}`]: unknown;
}

export interface SwaggerParameter {
  name: string;
  in: string;
  required?: boolean;
  /** Of the body. */
  schema?: SwaggerSchema;
  /** Of all others. */
  type?: string;
  uniqueItems?: boolean;
}

export interface SwaggerSchema {
  $ref?: string;
  description?: string;
  type?: string;
  format?: string;
  enum?: readonly string[];
  required?: readonly string[];
  properties?: Record<string, SwaggerSchema>;
  items?: SwaggerSchema;
  additionalProperties?: SwaggerSchema;
  [extension: `x-${string}`]: unknown;
}

const GVK = "x-kubernetes-group-version-kind";
const SELECTABLE = "x-kubernetes-selectable-fields";

/** OpenAPI v2 of all groups together, from their v3 documents: what kubectl up to 1.28 validates, applies and explains with. */
export function swaggerDocument(groups: readonly OpenApiDocument[]): SwaggerDocument {
  const paths: Record<string, SwaggerPathItem> = {};
  const definitions: Record<string, SwaggerSchema> = {};
  for (const { paths: own, components } of groups) {
    for (const [path, item] of Object.entries(own)) paths[path] = pathItem(item);
    for (const [name, schema] of Object.entries(components.schemas ?? {})) {
      const definition = swaggerSchema(schema);
      const kinds = unionOfKinds(definitions[name]?.[GVK], definition[GVK]);
      definitions[name] = kinds.length > 0 ? { ...definition, [GVK]: kinds } : definition;
    }
  }
  return { swagger: "2.0", info: openApiInfo, paths, definitions };
}

/** Kinds of options and statuses belong to several groups; each group's document names its own. */
function unionOfKinds(...lists: readonly unknown[]): object[] {
  const byText = new Map<string, object>();
  for (const kind of lists.flatMap((list) => (list ?? []) as object[])) byText.set(JSON.stringify(kind), kind);
  return [...byText.values()];
}

function pathItem(item: PathItem): SwaggerPathItem {
  const translated: SwaggerPathItem = {};
  for (const method of METHODS) {
    const found = item[method];
    if (found) translated[method] = operation(found);
  }
  if (item.parameters) translated.parameters = item.parameters.map(parameter);
  return translated;
}

function operation({
  operationId,
  parameters = [],
  requestBody,
  responses,
  ...extensions
}: Operation): SwaggerOperation {
  const body = requestBody && Object.values(requestBody.content)[0];
  const contents = Object.values(responses).flatMap(({ content }) => Object.keys(content ?? {}));
  return {
    ...extensions,
    operationId,
    consumes: Object.keys(requestBody?.content ?? { "*/*": true }),
    produces: [...new Set(contents)],
    parameters: [...(body ? [bodyParameter(body.schema, requestBody.required)] : []), ...parameters.map(parameter)],
    responses: Object.fromEntries(
      Object.entries(responses).map(([code, { description, content }]) => {
        const schema = Object.values(content ?? {})[0]?.schema;
        return [code, { description, ...(schema && { schema: swaggerSchema(schema) }) }];
      }),
    ),
  };
}

function bodyParameter(schema: Schema, required: boolean | undefined): SwaggerParameter {
  return { name: "body", in: "body", ...(required && { required }), schema: swaggerSchema(schema) };
}

function parameter({ name, in: place, required, schema }: Parameter): SwaggerParameter {
  return { name, in: place, ...(required && { required }), type: schema.type ?? "string", uniqueItems: true };
}

/**
 * One schema: references stand beside their description. What v2 lacks is left out, and alternatives of texts and numbers become text. A
 * client that validates must not refuse what the server takes: nulls, and fields that are not declared.
 */
function swaggerSchema(schema: Schema): SwaggerSchema {
  const { $ref, allOf, oneOf, properties, items, additionalProperties, ...rest } = withoutWhatV2Lacks(schema);
  const reference = $ref ?? allOf?.[0]?.$ref;
  const isText = oneOf !== undefined && rest.type === undefined && !rest["x-kubernetes-int-or-string"];
  return {
    ...rest,
    ...(isText && { type: "string" }),
    ...(reference && { $ref: reference.replace("#/components/schemas/", "#/definitions/") }),
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, swaggerSchema(field)])),
    }),
    ...(items && { items: swaggerSchema(items) }),
    ...(additionalProperties && { additionalProperties: swaggerSchema(additionalProperties) }),
  };
}

function withoutWhatV2Lacks(schema: Schema): Schema {
  const { nullable, anyOf: _any, not: _not, default: _default, ...known } = schema;
  const isOpen = schema["x-kubernetes-preserve-unknown-fields"] === true;
  if (!nullable && !isOpen) return withoutNullsRequired(known);
  if (GVK in schema) return openKind(schema);
  const { type: _type, required: _required, properties: _properties, items: _items, ...open } = known;
  const { additionalProperties: _additional, ...rest } = open;
  return rest;
}

/** Of a kind whose objects hold anything nothing is said: kubectl would refuse all fields but those it is told of. */
function openKind(schema: Schema): Schema {
  const { [GVK]: kinds, [SELECTABLE]: selectable } = schema;
  return { type: "object", ...(kinds && { [GVK]: kinds }), ...(selectable && { [SELECTABLE]: selectable }) };
}

function withoutNullsRequired(schema: Schema): Schema {
  const { properties = {}, required, ...rest } = schema;
  const wanted = required?.filter((name) => !properties[name]?.nullable) ?? [];
  if (required === undefined || wanted.length === required.length) return schema;
  return { ...rest, properties, ...(wanted.length > 0 && { required: wanted }) };
}
