/** The part of a structural OpenAPI schema that decides how expressions see a value. */
export interface CelSchema {
  readonly type?: string;
  readonly format?: string;
  readonly nullable?: boolean;
  readonly properties?: Readonly<Record<string, CelSchema>>;
  readonly items?: CelSchema;
  readonly additionalProperties?: CelSchema | boolean;
  readonly "x-kubernetes-int-or-string"?: boolean;
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
  readonly "x-kubernetes-embedded-resource"?: boolean;
  readonly "x-kubernetes-list-type"?: string;
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
}

const metadata: CelSchema = {
  type: "object",
  properties: { name: { type: "string" }, generateName: { type: "string" } },
};
const embedded: Readonly<Record<string, CelSchema>> = {
  apiVersion: { type: "string" },
  kind: { type: "string" },
  metadata,
};

/** Properties with those that every embedded resource has. */
export function propertiesOf(schema: CelSchema): Readonly<Record<string, CelSchema>> | undefined {
  if (!schema["x-kubernetes-embedded-resource"]) return schema.properties;
  return { ...embedded, ...schema.properties, metadata };
}

export function isIntOrString(schema: CelSchema): boolean {
  return schema["x-kubernetes-int-or-string"] === true || schema.format === "int-or-string";
}

/** The schema of the values of a map; undefined for an object with fields. */
export function valuesOf(schema: CelSchema): CelSchema | undefined {
  return typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined;
}
