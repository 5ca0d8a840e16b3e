import {
  createFileRegistry,
  type DescMessage,
  type DescMethod,
  fromBinary,
  fromJson,
  type JsonValue,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { DESCRIPTORS } from "@drydock/proto/descriptors";

/** etcd's messages as plain values: fields by their names in the protocol, bytes as text of one character a byte. */

const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, Buffer.from(DESCRIPTORS, "base64")));
const PACKAGES = ["etcdserverpb", "v3electionpb", "v3lockpb"];

export interface Method {
  readonly path: string;
  readonly isStream: boolean;
  /** Takes one request and ends. */
  readonly takesOne: boolean;
  encode(request: unknown): Buffer;
  decode(answer: Uint8Array): unknown;
}

/** All unary methods by their short names, with what they take. */
export function unaryMethods(): { readonly name: string; readonly input: DescMessage }[] {
  return [...registry]
    .filter((each) => each.kind === "service")
    .filter(({ typeName }) => PACKAGES.includes(typeName.split(".")[0] ?? ""))
    .flatMap((service) => service.methods.filter(({ methodKind }) => methodKind === "unary"))
    .map(({ parent, name, input }) => ({ name: `${parent.name}/${name}`, input }));
}

/** By its short name, `KV/Range`. */
export function methodOf(name: string): Method {
  const [service, method] = name.split("/");
  for (const each of PACKAGES) {
    const found = registry.getService(`${each}.${service}`)?.methods.find((candidate) => candidate.name === method);
    if (found) return describe(found, `/${each}.${service}/${method}`);
  }
  throw new Error(`no method ${name}`);
}

function describe({ input, output, methodKind }: DescMethod, path: string): Method {
  return {
    path,
    isStream: methodKind !== "unary",
    takesOne: methodKind === "server_streaming",
    encode: (request) => Buffer.from(toBinary(input, fromJson(input, withBase64(input, request ?? {}) as JsonValue))),
    decode: (bytes) => withText(output, toJson(output, fromBinary(output, bytes), { useProtoFieldName: true })),
  };
}

const withBase64 = (message: DescMessage, value: unknown) =>
  mapBytes(message, value, (text) => Buffer.from(text, "latin1").toString("base64"));
const withText = (message: DescMessage, value: unknown) =>
  mapBytes(message, value, (text) => Buffer.from(text, "base64").toString("latin1"));

function mapBytes(message: DescMessage, value: unknown, map: (text: string) => string): unknown {
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).map(([name, each]): [string, unknown] => {
    const field = message.fields.find((candidate) => candidate.name === name || candidate.jsonName === name);
    const change = (item: unknown): unknown => {
      if (field?.message) return mapBytes(field.message, item, map);
      return isBytes(field) && typeof item === "string" ? map(item) : item;
    };
    return [name, Array.isArray(each) ? each.map(change) : change(each)];
  });
  return Object.fromEntries(fields);
}

/** `ScalarType.BYTES`. */
const BYTES = 12;

function isBytes(field: DescMessage["fields"][number] | undefined): boolean {
  if (field?.fieldKind === "scalar") return field.scalar === BYTES;
  return field?.fieldKind === "list" && field.listKind === "scalar" && field.scalar === BYTES;
}
