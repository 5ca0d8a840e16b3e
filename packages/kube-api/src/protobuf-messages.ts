import { readFileSync } from "node:fs";
import { allSchemas, type Schema } from "./schema.ts";

/** How a field's bytes become JSON. */
export type FieldCodec =
  | { readonly kind: "string" | "bool" | "bytes" | "int32" | "int64" | "double" }
  | {
      readonly kind: "message";
      readonly message: string;
      /** The last part of its name. */
      readonly type: string;
    };

/**
 * What absence means, by the field's Go type: a pointer may be absent on the wire and in JSON. A value is always on the wire; in
 * JSON its zero is left out (`omitempty`) or there as well (`always`).
 */
export type Presence = "pointer" | "omitempty" | "always";

export interface MessageField {
  readonly number: number;
  readonly codec: FieldCodec;
  readonly shape: "single" | "list" | "map";
  /** Name in JSON; absent for an embedded message, whose fields join the parent's. */
  readonly jsonName: string | undefined;
  readonly presence: Presence;
  /** Whether JSON has it even when it is zero, or a pointer to nothing: its type says no `omitempty`. */
  readonly isShown: boolean;
}

export interface Message {
  readonly name: string;
  readonly byNumber: ReadonlyMap<number, MessageField>;
  /** Highest number first: messages are written from their end. */
  readonly descending: readonly MessageField[];
}

type Facts = Readonly<Record<string, Readonly<Record<string, readonly [number, string]>>>>;

interface GoFields {
  readonly pointers?: readonly string[];
  readonly always?: readonly string[];
}

let facts: Facts | undefined;
let goFields: Readonly<Record<string, GoFields>> | undefined;
const messages = new Map<string, Message>();

function readFacts<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../facts/${name}.json`, import.meta.url), "utf8")) as T;
}

/** The message of that name (`k8s.io.api.core.v1.Pod`), or undefined when the facts hold none. */
export function messageNamed(name: string): Message | undefined {
  const known = messages.get(name);
  if (known !== undefined) return known;
  facts ??= readFacts<Facts>("protobuf-fields");
  goFields ??= readFacts<Record<string, GoFields>>("go-fields");
  const fields = facts[name];
  if (fields === undefined) return undefined;
  const schema = allSchemas()[openApiNameOf(name)];
  const presences = goFields[name] ?? {};
  const entries = Object.entries(fields).map(([field, [number, type]]) =>
    defineField(field, number, type, name, schema, presences),
  );
  const message = {
    name,
    byNumber: new Map(entries.map((field) => [field.number, field])),
    descending: entries.toSorted((a, b) => b.number - a.number),
  };
  messages.set(name, message);
  return message;
}

function openApiNameOf(message: string): string {
  return message
    .replace(/^k8s\.io\./, "io.k8s.")
    .replace("apiextensions_apiserver", "apiextensions-apiserver")
    .replace("kube_aggregator", "kube-aggregator");
}

/** The message of a schema: `io.k8s.api.core.v1.Pod` → `k8s.io.api.core.v1.Pod`. */
export function messageNameOf(openApiName: string): string {
  return openApiName
    .replace(/^io\.k8s\./, "k8s.io.")
    .replace("apiextensions-apiserver", "apiextensions_apiserver")
    .replace("kube-aggregator", "kube_aggregator");
}

/** Fields of that presence, those of embedded types among them; undefined for types that have no message. */
export function fieldsThatAre(presence: Presence, openApiName: string): ReadonlySet<string> | undefined {
  return messageNamed(messageNameOf(openApiName)) && new Set(fieldsIn(messageNameOf(openApiName), presence));
}

function fieldsIn(message: string, wanted: Presence): string[] {
  return (messageNamed(message)?.descending ?? []).flatMap(({ jsonName, presence, codec }) => {
    if (jsonName !== undefined) return presence === wanted ? [jsonName] : [];
    return codec.kind === "message" ? fieldsIn(codec.message, wanted) : [];
  });
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
  { pointers, always }: GoFields,
): MessageField {
  const list = type.startsWith("[]") ? type.slice(2) : undefined;
  const map = /^map<string, (.*)>$/.exec(type)?.[1];
  const element = resolveMessage(list ?? map ?? type, message);
  const codec: FieldCodec = scalars.has(element)
    ? { kind: element as "string" }
    : { kind: "message", message: element, type: element.slice(element.lastIndexOf(".") + 1) };
  const jsonName = jsonNameOf(field, schema, codec);
  const shape = list !== undefined ? "list" : map !== undefined ? "map" : "single";
  const isIn = (names: readonly string[] | undefined) => jsonName !== undefined && names?.includes(jsonName) === true;
  // One of several messages, in a type that writes itself.
  const isAlternative = schema !== undefined && schema.properties === undefined && codec.kind === "message";
  const presence = isIn(pointers) || isAlternative ? "pointer" : isIn(always) ? "always" : "omitempty";
  return { number, codec, shape, jsonName, presence, isShown: isIn(always) };
}

function jsonNameOf(field: string, schema: Schema | undefined, codec: FieldCodec): string | undefined {
  // Types that write themselves have no properties, and fields only on the wire.
  if (schema?.properties === undefined) return field;
  const properties = Object.keys(schema.properties);
  const renamed = jsonNames[field];
  if (renamed !== undefined && properties.includes(renamed)) return renamed;
  const exact = properties.find((property) => property.toLowerCase() === field.toLowerCase());
  if (exact !== undefined) return exact;
  return codec.kind === "message" ? undefined : field;
}

const scalars = new Set(["string", "bool", "bytes", "int32", "int64", "double"]);

function resolveMessage(type: string, message: string): string {
  if (scalars.has(type) || type.startsWith("k8s.io.")) return type;
  if (type.startsWith(".")) return type.slice(1);
  return `${message.slice(0, message.lastIndexOf("."))}.${type}`;
}
