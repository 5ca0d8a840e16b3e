/** JSON of which nothing more is known. */
type Json = Readonly<Record<string, unknown>>;

export interface Swagger {
  readonly paths: Json;
  readonly definitions: Json;
  readonly info?: unknown;
  readonly consumes?: readonly string[];
  readonly produces?: readonly string[];
}

const METHODS: ReadonlySet<string> = new Set(["get", "put", "post", "delete", "options", "head", "patch"]);
/** Of a parameter, what says something of its value: in v3 this stands in a schema. */
const VALUE_FIELDS: ReadonlySet<string> = new Set([
  "type",
  "format",
  "items",
  "default",
  "enum",
  "pattern",
  "uniqueItems",
  "maximum",
  "exclusiveMaximum",
  "minimum",
  "exclusiveMinimum",
  "maxLength",
  "minLength",
  "maxItems",
  "minItems",
  "multipleOf",
]);
const ANY_TYPE = ["*/*"];

/** An OpenAPI v3 document that says what a v2 document says: for servers that have only the old one. */
export function swaggerToV3({ info, paths, definitions, consumes, produces }: Swagger): object {
  return {
    openapi: "3.0.0",
    ...(info !== undefined && { info }),
    paths: mapValues(paths, (path) => pathItem(path, { consumes, produces })),
    components: { schemas: mapValues(definitions, schema) },
  };
}

interface MediaTypes {
  readonly consumes?: readonly string[] | undefined;
  readonly produces?: readonly string[] | undefined;
}

function pathItem(path: Json, types: MediaTypes): object {
  return Object.fromEntries(
    Object.entries(path).map(([key, value]) => {
      if (METHODS.has(key)) return [key, operation(value as Json, types)];
      return [key, key === "parameters" ? (value as Json[]).map(parameter) : value];
    }),
  );
}

function operation(
  { parameters = [], responses = {}, consumes, produces, schemes: _, ...rest }: Json,
  types: MediaTypes,
) {
  const all = parameters as readonly Json[];
  const body = all.find((candidate) => candidate["in"] === "body");
  const others = all.filter((candidate) => candidate !== body).map(parameter);
  return {
    ...rest,
    ...(others.length > 0 && { parameters: others }),
    ...(body && { requestBody: requestBody(body, (consumes ?? types.consumes ?? ANY_TYPE) as readonly string[]) }),
    responses: mapValues(responses as Json, (answer) =>
      response(answer, (produces ?? types.produces ?? ANY_TYPE) as readonly string[]),
    ),
  };
}

function requestBody({ schema: of, name: _name, in: _in, ...rest }: Json, types: readonly string[]): object {
  return { ...rest, content: content(of as Json, types) };
}

function response({ schema: of, examples: _, ...rest }: Json, types: readonly string[]): object {
  return { ...rest, ...(of !== undefined && { content: content(of as Json, types) }) };
}

function content(of: Json, types: readonly string[]): object {
  return Object.fromEntries((types.length > 0 ? types : ANY_TYPE).map((type) => [type, { schema: schema(of) }]));
}

function parameter(v2: Json): object {
  const { collectionFormat: _, ...fields } = v2;
  if ("$ref" in fields) return fields;
  const entries = Object.entries(fields);
  return {
    ...Object.fromEntries(entries.filter(([key]) => !VALUE_FIELDS.has(key))),
    schema: schema(Object.fromEntries(entries.filter(([key]) => VALUE_FIELDS.has(key)))),
  };
}

/** References lead elsewhere, and in v3 stand alone: what stood beside one goes around it. */
function schema(v2: Json): Json {
  const { $ref, ...rest } = v2;
  const changed = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, below(key, value)]));
  if (typeof $ref !== "string") return changed;
  const reference = { $ref: $ref.replace("#/definitions/", "#/components/schemas/") };
  return Object.keys(changed).length === 0 ? reference : { ...changed, allOf: [reference] };
}

function below(key: string, value: unknown): unknown {
  switch (key) {
    case "properties":
    case "patternProperties":
      return mapValues(value as Json, schema);
    case "items":
      return Array.isArray(value) ? value.map(schema) : schema(value as Json);
    case "allOf":
    case "anyOf":
    case "oneOf":
      return (value as Json[]).map(schema);
    case "additionalProperties":
    case "not":
      return typeof value === "object" && value !== null ? schema(value as Json) : value;
    default:
      return value;
  }
}

function mapValues<T>(values: Json, change: (value: Json) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value as Json)]));
}
