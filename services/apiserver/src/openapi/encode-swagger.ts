import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { stringifyJson } from "@drydock/apimachinery";
import type {
  SwaggerDocument,
  SwaggerOperation,
  SwaggerParameter,
  SwaggerPathItem,
  SwaggerSchema,
} from "./swagger-document.ts";

/**
 * OpenAPI v2 as the protobuf message `openapi.v2.Document` of google/gnostic: what kubectl up to 1.28 asks for and cannot do
 * without. Numbers are those of gnostic's OpenAPIv2.proto; a map there is a list of named values.
 */
export function encodeSwagger(document: SwaggerDocument): Uint8Array {
  const out = new BinaryWriter();
  text(out, 1, document.swagger);
  message(out, 2, (info) => {
    text(info, 1, document.info.title);
    text(info, 2, document.info.version);
  });
  message(out, 8, (paths) => named(paths, 2, document.paths, pathItem));
  message(out, 9, (definitions) => named(definitions, 1, document.definitions, schema));
  return out.finish();
}

function pathItem(out: BinaryWriter, item: SwaggerPathItem): void {
  const methods = { get: 2, put: 3, post: 4, delete: 5, patch: 8 } as const;
  for (const [method, number] of Object.entries(methods) as [keyof typeof methods, number][]) {
    const found = item[method];
    if (found) message(out, number, (inner) => operation(inner, found));
  }
  for (const found of item.parameters ?? []) message(out, 9, (inner) => parametersItem(inner, found));
}

function operation(out: BinaryWriter, value: SwaggerOperation): void {
  text(out, 5, value.operationId);
  for (const type of value.produces) text(out, 6, type);
  for (const type of value.consumes) text(out, 7, type);
  for (const found of value.parameters) message(out, 8, (inner) => parametersItem(inner, found));
  message(out, 9, (responses) =>
    named(responses, 1, value.responses, (inner, response) =>
      // ResponseValue → Response
      message(inner, 1, (body) => {
        text(body, 1, response.description);
        if (response.schema) {
          const found = response.schema;
          message(body, 2, (item) => message(item, 1, (leaf) => schema(leaf, found)));
        }
      }),
    ),
  );
  extensions(out, 13, value);
}

/** ParametersItem → Parameter → a body, or one of the others by its place. */
function parametersItem(out: BinaryWriter, value: SwaggerParameter): void {
  message(out, 1, (parameter) => {
    if (value.in === "body") message(parameter, 1, (body) => bodyParameter(body, value));
    else message(parameter, 2, (other) => nonBodyParameter(other, value));
  });
}

function bodyParameter(out: BinaryWriter, value: SwaggerParameter): void {
  text(out, 2, value.name);
  text(out, 3, value.in);
  if (value.required) bool(out, 4);
  if (value.schema) {
    const found = value.schema;
    message(out, 5, (inner) => schema(inner, found));
  }
}

function nonBodyParameter(out: BinaryWriter, value: SwaggerParameter): void {
  const isQuery = value.in === "query";
  message(out, isQuery ? 3 : 4, (inner) => {
    if (value.required) bool(inner, 1);
    text(inner, 2, value.in);
    text(inner, 4, value.name);
    text(inner, isQuery ? 6 : 5, value.type ?? "string");
    if (value.uniqueItems) bool(inner, isQuery ? 20 : 19);
  });
}

function schema(out: BinaryWriter, value: SwaggerSchema): void {
  text(out, 1, value.$ref);
  text(out, 2, value.format);
  text(out, 4, value.description);
  for (const name of value.required ?? []) text(out, 19, name);
  for (const one of value.enum ?? []) message(out, 20, (any) => text(any, 2, `${stringifyJson(one)}\n`));
  const { additionalProperties, type, items, properties } = value;
  if (additionalProperties)
    message(out, 21, (item) => message(item, 1, (inner) => schema(inner, additionalProperties)));
  if (type) message(out, 22, (inner) => text(inner, 1, type));
  if (items) message(out, 23, (list) => message(list, 1, (inner) => schema(inner, items)));
  if (properties) message(out, 25, (inner) => named(inner, 1, properties, schema));
  extensions(out, 31, value);
}

/** Vendor extensions are carried as YAML text; JSON is YAML. */
function extensions(out: BinaryWriter, number: number, value: object): void {
  for (const [name, content] of Object.entries(value)) {
    if (!name.startsWith("x-")) continue;
    message(out, number, (pair) => {
      text(pair, 1, name);
      message(pair, 2, (any) => text(any, 2, `${stringifyJson(content)}\n`));
    });
  }
}

function named<T>(
  out: BinaryWriter,
  number: number,
  values: Readonly<Record<string, T>>,
  write: (out: BinaryWriter, value: T) => void,
): void {
  for (const [name, value] of Object.entries(values)) {
    message(out, number, (pair) => {
      text(pair, 1, name);
      message(pair, 2, (inner) => write(inner, value));
    });
  }
}

function message(out: BinaryWriter, number: number, write: (out: BinaryWriter) => void): void {
  out.tag(number, WireType.LengthDelimited).fork();
  write(out);
  out.join();
}

function text(out: BinaryWriter, number: number, value: string | undefined): void {
  if (value) out.tag(number, WireType.LengthDelimited).string(value);
}

function bool(out: BinaryWriter, number: number): void {
  out.tag(number, WireType.Varint).bool(true);
}
