import { readFileSync } from "node:fs";
import { allSchemas, type Schema } from "./schema.ts";

/** How a field's bytes become JSON. */
export type FieldCodec =
  | { readonly kind: "string" | "bool" | "bytes" | "int32" | "int64" | "double" }
  | { readonly kind: "message"; readonly message: string };

export interface MessageField {
  readonly number: number;
  readonly codec: FieldCodec;
  readonly shape: "single" | "list" | "map";
  /** Name in JSON; absent for an embedded message, whose fields join the parent's. */
  readonly jsonName: string | undefined;
  readonly isRequired: boolean;
}

export interface Message {
  readonly name: string;
  readonly byNumber: ReadonlyMap<number, MessageField>;
}

type Facts = Readonly<Record<string, Readonly<Record<string, readonly [number, string]>>>>;

let facts: Facts | undefined;
const messages = new Map<string, Message>();

function readFacts(): Facts {
  facts ??= JSON.parse(readFileSync(new URL("../facts/protobuf-fields.json", import.meta.url), "utf8")) as Facts;
  return facts;
}

/** The message of that name (`k8s.io.api.core.v1.Pod`), or undefined when the facts hold none. */
export function messageNamed(name: string): Message | undefined {
  const known = messages.get(name);
  if (known !== undefined) return known;
  const fields = readFacts()[name];
  if (fields === undefined) return undefined;
  const schema = allSchemas()[openApiNameOf(name)];
  const entries = Object.entries(fields).map(([field, [number, type]]) =>
    defineField(field, number, type, name, schema),
  );
  const message = { name, byNumber: new Map(entries.map((field) => [field.number, field])) };
  messages.set(name, message);
  return message;
}

function openApiNameOf(message: string): string {
  return message
    .replace(/^k8s\.io\./, "io.k8s.")
    .replace("apiextensions_apiserver", "apiextensions-apiserver")
    .replace("kube_aggregator", "kube-aggregator");
}

/** JSON names that differ from the protobuf field by more than case. */
const jsonNames: Readonly<Record<string, string>> = {
  schema: "$schema",
  ref: "$ref",
  xKubernetesPreserveUnknownFields: "x-kubernetes-preserve-unknown-fields",
  xKubernetesEmbeddedResource: "x-kubernetes-embedded-resource",
  xKubernetesIntOrString: "x-kubernetes-int-or-string",
  xKubernetesListMapKeys: "x-kubernetes-list-map-keys",
  xKubernetesListType: "x-kubernetes-list-type",
  xKubernetesMapType: "x-kubernetes-map-type",
  xKubernetesValidations: "x-kubernetes-validations",
};

function defineField(
  field: string,
  number: number,
  type: string,
  message: string,
  schema: Schema | undefined,
): MessageField {
  const list = type.startsWith("[]") ? type.slice(2) : undefined;
  const map = /^map<string, (.*)>$/.exec(type)?.[1];
  const element = resolveMessage(list ?? map ?? type, message);
  const codec: FieldCodec = scalars.has(element)
    ? { kind: element as "string" }
    : { kind: "message", message: element };
  const jsonName = jsonNameOf(field, schema, codec);
  const isRequired = jsonName !== undefined && schema?.required?.includes(jsonName) === true;
  const shape = list !== undefined ? "list" : map !== undefined ? "map" : "single";
  return { number, codec, shape, jsonName, isRequired };
}

function jsonNameOf(field: string, schema: Schema | undefined, codec: FieldCodec): string | undefined {
  const properties = Object.keys(schema?.properties ?? {});
  const renamed = jsonNames[field];
  if (renamed !== undefined && properties.includes(renamed)) return renamed;
  const exact = properties.find((property) => property.toLowerCase() === field.toLowerCase());
  if (exact !== undefined || schema === undefined) return exact ?? field;
  return codec.kind === "message" ? undefined : field;
}

const scalars = new Set(["string", "bool", "bytes", "int32", "int64", "double"]);

function resolveMessage(type: string, message: string): string {
  if (scalars.has(type) || type.startsWith("k8s.io.")) return type;
  if (type.startsWith(".")) return type.slice(1);
  return `${message.slice(0, message.lastIndexOf("."))}.${type}`;
}
