import type { Schema, V1CustomResourceDefinition } from "@drydock/kube-api";
import { isObject, type Structural } from "./schema/structural.ts";

const META = "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1";

/** `com.example.stable.v1.CronTab`: the group turned around, as upstream names the schemas of custom kinds. */
export function schemaNameFor({ spec }: V1CustomResourceDefinition, version: string): string {
  return [...spec.group.split(".").reverse(), version, spec.names.kind].join(".");
}

/** The kind's schema and its list's, as the OpenAPI documents have them. */
export function customSchemas(name: string, kind: string, schema: Structural): Record<string, Schema> {
  const own = documentOf(schema);
  return {
    [name]: {
      ...own,
      properties: {
        ...typeProperties,
        ...own.properties,
        metadata: {
          description:
            "Standard object's metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata",
          allOf: [{ $ref: `${META}.ObjectMeta` }],
        },
      },
    },
    [`${name}List`]: {
      description: `${kind}List is a list of ${kind}`,
      type: "object",
      required: ["items"],
      properties: {
        ...typeProperties,
        items: {
          description:
            "List of objects. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md",
          type: "array",
          items: { allOf: [{ $ref: `#/components/schemas/${name}` }] },
        },
        metadata: { description: "Standard list metadata.", allOf: [{ $ref: `${META}.ListMeta` }] },
      },
    },
  };
}

const typeProperties: Readonly<Record<string, Schema>> = {
  apiVersion: {
    description:
      "APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources",
    type: "string",
  },
  kind: {
    description:
      "Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds",
    type: "string",
  },
};

/** Alternatives and CEL rules stay out: version 2 cannot say the ones, and clients do not judge by the others. */
const omitted: ReadonlySet<string> = new Set([
  "allOf",
  "anyOf",
  "oneOf",
  "not",
  "properties",
  "items",
  "additionalProperties",
  "x-kubernetes-validations",
  "nullable",
]);

function documentOf(schema: Structural): Schema {
  const { properties, items, additionalProperties } = schema;
  // A client that validates would refuse fields that the schema lets through, and nulls.
  const isOpen = schema["x-kubernetes-preserve-unknown-fields"] === true;
  const rest = Object.fromEntries(Object.entries(schema).filter(([name]) => !omitted.has(name)));
  if (schema.nullable) delete rest["type"];
  return {
    ...rest,
    ...(properties && !(isOpen && schema.nullable)
      ? { properties: Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, documentOf(field)])) }
      : {}),
    ...(items && { items: documentOf(items) }),
    ...(isObject(additionalProperties) && { additionalProperties: documentOf(additionalProperties as Structural) }),
  } as Schema;
}
