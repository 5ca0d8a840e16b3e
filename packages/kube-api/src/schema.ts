import { readFileSync } from "node:fs";
import type { SchemaField, SchemaView } from "@drydock/apimachinery";

/** An OpenAPI 3.0 schema as far as Kubernetes types need it. */
export interface Schema {
  readonly description?: string;
  readonly type?: "object" | "array" | "string" | "integer" | "number" | "boolean";
  readonly format?: string;
  readonly enum?: readonly string[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
  readonly allOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  /** Only of custom kinds, as the rest of what a structural schema may say. */
  readonly anyOf?: readonly Schema[];
  readonly not?: Schema;
  readonly nullable?: boolean;
  readonly default?: unknown;
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
  readonly "x-kubernetes-int-or-string"?: boolean;
  readonly $ref?: string;
  readonly "x-kubernetes-group-version-kind"?: readonly { group: string; version: string; kind: string }[];
  readonly "x-kubernetes-selectable-fields"?: readonly { fieldPath: string }[];
  readonly "x-kubernetes-patch-strategy"?: string;
  readonly "x-kubernetes-patch-merge-key"?: string;
  readonly "x-kubernetes-list-type"?: string;
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
  readonly "x-kubernetes-map-type"?: string;
}

let loaded: Readonly<Record<string, Schema>> | undefined;

/** Every generated schema by its upstream name; read once. */
export function allSchemas(): Readonly<Record<string, Schema>> {
  loaded ??= JSON.parse(readFileSync(new URL("../generated/schemas.json", import.meta.url), "utf8")) as Record<
    string,
    Schema
  >;
  return loaded;
}

const refPrefix = "#/components/schemas/";

/** Name of the schema that a property refers to, directly or by the `allOf` that carries its description. */
export function referenceOf(schema: Schema): string | undefined {
  const ref = schema.$ref ?? schema.allOf?.[0]?.$ref;
  return ref?.slice(refPrefix.length);
}

/** The schema of a type, e.g. `io.k8s.api.core.v1.Pod`. Throws for a name that does not exist. */
export function schemaOf(openApiName: string): Schema {
  const schema = allSchemas()[openApiName];
  if (schema === undefined) throw new Error(`no schema named ${openApiName}`);
  return schema;
}

/** Follows a reference; a schema without one is itself. */
export function resolveSchema(schema: Schema): Schema {
  const name = referenceOf(schema);
  return name === undefined ? schema : schemaOf(name);
}

const views = new Map<Schema, SchemaView>();

/** What strategic merge patch needs of a type. */
export function schemaViewOf(openApiName: string): SchemaView {
  return viewOf(schemaOf(openApiName));
}

function viewOf(schema: Schema): SchemaView {
  const known = views.get(schema);
  if (known !== undefined) return known;
  const view: SchemaView = { field: (name) => fieldOf(schema, name) };
  views.set(schema, view);
  return view;
}

function fieldOf(schema: Schema, name: string): SchemaField | undefined {
  const property = schema.properties?.[name];
  if (property === undefined) {
    // Values of a map have no strategies of their own.
    return schema.additionalProperties && { patchStrategies: [], item: itemOf(schema.additionalProperties) };
  }
  const mergeKey = property["x-kubernetes-patch-merge-key"];
  return {
    patchStrategies: property["x-kubernetes-patch-strategy"]?.split(",") ?? [],
    ...(mergeKey !== undefined && { patchMergeKey: mergeKey }),
    item: itemOf(property),
  };
}

function itemOf(property: Schema): SchemaView | undefined {
  const schema = resolveSchema(property.items ?? property);
  return schema.properties !== undefined || schema.additionalProperties !== undefined ? viewOf(schema) : undefined;
}
