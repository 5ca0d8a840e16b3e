import type { Schema, V1CustomResourceDefinition } from "@drydock/kube-api";
import { isObject, type Structural } from "./schema/structural.ts";

const META = "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1";

/** `com.example.stable.v1.CronTab`: the group turned around, as upstream names the schemas of custom kinds. */
export function schemaNameFor({ spec }: V1CustomResourceDefinition, version: string): string {
  return [...spec.group.split(".").reverse(), version, spec.names.kind].join(".");
}

/** The kind's schema and its list's, as the OpenAPI documents have them. */
export function customSchemas(
  name: string,
  kind: string,
  schema: Structural,
  selectablePaths: readonly string[] = [],
): Record<string, Schema> {
  const own = documentOf(schema);
  const fields = selectablePaths.map((path) => ({ fieldPath: path.replace(/^\./, "") }));
  const selectable = fields.length > 0 && { "x-kubernetes-selectable-fields": fields };
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
      ...selectable,
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
      ...selectable,
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

/** As it was given; of objects within objects the fields that each has are told as well. Version 2 leaves out of it what that cannot say. */
function documentOf(schema: Structural): Schema {
  const { properties, items, additionalProperties } = schema;
  const documented = {
    ...schema,
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, documentOf(field)])),
    }),
    ...(items && { items: documentOf(items) }),
    ...(isObject(additionalProperties) && { additionalProperties: documentOf(additionalProperties as Structural) }),
  } as Schema;
  return schema["x-kubernetes-embedded-resource"] ? withEmbeddedFields(documented) : documented;
}

function withEmbeddedFields(schema: Schema): Schema {
  const required = new Set([...(schema.required ?? []), "kind", "apiVersion"]);
  return { ...schema, required: [...required], properties: { ...schema.properties, ...embeddedFields } };
}

const conventions = "More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#";

const embeddedFields: Readonly<Record<string, Schema>> = {
  apiVersion: {
    description: `apiVersion defines the versioned schema of this representation of an object. ${conventions}resources`,
    type: "string",
  },
  kind: {
    description: `kind is a string value representing the type of this object. In CamelCase. ${conventions}types-kinds`,
    type: "string",
  },
  metadata: {
    description: `Standard object's metadata. ${conventions}metadata`,
    allOf: [{ $ref: `${META}.ObjectMeta` }],
  },
};
