import { badRequest, isRecord, setOwn } from "@drydock/apimachinery";
import { schemaNameOf } from "./kind-index.ts";
import { type FieldCodec, type Message, type MessageField, messageNamed } from "./protobuf-messages.ts";
import { ProtobufReader } from "./protobuf-reader.ts";
import { isValueField } from "./protobuf-value-fields.ts";

export interface DecodedObject {
  readonly apiVersion: string;
  readonly kind: string;
  /** The plain-JSON object, with apiVersion and kind. */
  readonly object: Record<string, unknown>;
}

const magic = [0x6b, 0x38, 0x73, 0x00];
const unknownMessage = "k8s.io.apimachinery.pkg.runtime.Unknown";

/**
 * Decodes a body of type application/vnd.kubernetes.protobuf: the `k8s\0` magic, then runtime.Unknown with the object in
 * its generated message. Throws a 400 StatusError for bytes that are none, or a kind that is unknown.
 */
export function decodeProtobuf(bytes: Uint8Array): DecodedObject {
  if (magic.some((byte, index) => bytes[index] !== byte)) {
    throw badRequest("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]");
  }
  try {
    return decodeEnvelope(bytes.subarray(magic.length));
  } catch (error) {
    if (error instanceof RangeError) throw badRequest(error.message);
    throw error;
  }
}

function decodeEnvelope(bytes: Uint8Array): DecodedObject {
  const envelope = messageNamed(unknownMessage);
  if (envelope === undefined) throw new Error(`no facts about ${unknownMessage}`);
  const reader = new ProtobufReader(bytes);
  let typeMeta: Record<string, unknown> = {};
  let raw: Uint8Array = new Uint8Array();
  while (!reader.isAtEnd) {
    const { field, wireType } = reader.tag();
    const jsonName = envelope.byNumber.get(field)?.jsonName;
    if (jsonName === "typeMeta") typeMeta = decodeMessage("k8s.io.apimachinery.pkg.runtime.TypeMeta", reader.bytes());
    else if (jsonName === "raw") raw = reader.bytes();
    else reader.skip(wireType);
  }
  const apiVersion = String(typeMeta["apiVersion"] ?? "");
  const kind = String(typeMeta["kind"] ?? "");
  const schemaName = schemaNameOf(apiVersion, kind);
  if (schemaName === undefined) {
    throw badRequest(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`);
  }
  const message = schemaName
    .replace(/^io\.k8s\./, "k8s.io.")
    .replace("-apiserver", "_apiserver")
    .replace("kube-", "kube_");
  return { apiVersion, kind, object: { apiVersion, kind, ...decodeMessage(message, raw) } };
}

function decodeMessage(name: string, bytes: Uint8Array): Record<string, unknown> {
  const message = messageNamed(name);
  if (message === undefined) throw new Error(`no facts about message ${name}`);
  const result: Record<string, unknown> = {};
  const reader = new ProtobufReader(bytes);
  while (!reader.isAtEnd) {
    const { field, wireType } = reader.tag();
    const known = message.byNumber.get(field);
    if (known === undefined) reader.skip(wireType);
    else decodeField(reader, wireType, known, message, result);
  }
  return result;
}

function decodeField(
  reader: ProtobufReader,
  wireType: number,
  field: MessageField,
  message: Message,
  result: Record<string, unknown>,
): void {
  if (field.jsonName === undefined) {
    if (field.codec.kind === "message") Object.assign(result, decodeMessage(field.codec.message, reader.bytes()));
    else reader.skip(wireType);
  } else if (field.shape === "list") {
    const list = (result[field.jsonName] ?? []) as unknown[];
    // Packed scalars arrive as one run of bytes.
    if (wireType === 2 && isPackable(field.codec)) list.push(...unpack(reader.bytes(), field.codec));
    else list.push(decodeValue(reader, field.codec) ?? null);
    result[field.jsonName] = list;
  } else if (field.shape === "map") {
    const map = (result[field.jsonName] ?? {}) as Record<string, unknown>;
    const { key, value } = decodeMapEntry(reader.bytes(), field.codec);
    setOwn(map, key, value);
    result[field.jsonName] = map;
  } else {
    const value = decodeValue(reader, field.codec);
    if (!isOmitted(value, field, message)) result[field.jsonName] = value;
  }
}

/**
 * Go writes every field that is no pointer, zero or not; JSON leaves the zero out. Zeros of pointer fields mean something
 * (`replicas: 0`) and stay.
 */
function isOmitted(value: unknown, field: MessageField, message: Message): boolean {
  if (value === undefined || value === null) return true;
  if (field.isRequired) return false;
  if (value === "") return true;
  return (value === 0 || value === false) && isValueField(message.name, field.jsonName ?? "");
}

function isPackable(codec: FieldCodec): boolean {
  return codec.kind === "int32" || codec.kind === "int64" || codec.kind === "bool";
}

function unpack(bytes: Uint8Array, codec: FieldCodec): unknown[] {
  const reader = new ProtobufReader(bytes);
  const values: unknown[] = [];
  while (!reader.isAtEnd) values.push(decodeValue(reader, codec));
  return values;
}

function decodeMapEntry(bytes: Uint8Array, codec: FieldCodec): { key: string; value: unknown } {
  const reader = new ProtobufReader(bytes);
  let key = "";
  let value: unknown = codec.kind === "message" ? {} : "";
  while (!reader.isAtEnd) {
    const { field, wireType } = reader.tag();
    if (field === 1) key = decodeText(reader.bytes());
    else if (field === 2) value = decodeValue(reader, codec) ?? null;
    else reader.skip(wireType);
  }
  return { key, value };
}

function decodeValue(reader: ProtobufReader, codec: FieldCodec): unknown {
  switch (codec.kind) {
    case "string":
      return decodeText(reader.bytes());
    case "bytes":
      return encodeBase64(reader.bytes());
    case "bool":
      return reader.varint() !== 0n;
    case "int32":
    case "int64":
      return Number(BigInt.asIntN(64, reader.varint()));
    case "double":
      return reader.double();
    case "message":
      return decodeOwnJson(codec.message, reader.bytes());
  }
}

const textDecoder = new TextDecoder("utf-8");
const decodeText = (bytes: Uint8Array) => textDecoder.decode(bytes);
const encodeBase64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");

/** Messages whose JSON form is not an object of their fields. */
function decodeOwnJson(name: string, bytes: Uint8Array): unknown {
  const type = name.slice(name.lastIndexOf(".") + 1);
  switch (type) {
    case "Time":
    case "MicroTime":
    case "Timestamp":
      return decodeTime(name, bytes);
    case "Quantity":
      return decodeMessage(name, bytes)["string"] ?? "0";
    case "IntOrString":
      return decodeIntOrString(bytes);
    case "RawExtension":
    case "FieldsV1":
    case "JSON":
      return decodeRaw(name, bytes);
    case "ExtraValue":
    case "Verbs":
      return decodeMessage(name, bytes)["items"] ?? [];
    case "JSONSchemaPropsOrBool":
    case "JSONSchemaPropsOrArray":
    case "JSONSchemaPropsOrStringArray":
      return decodeSchemaUnion(name, bytes);
    default:
      return decodeMessage(name, bytes);
  }
}

/** The zero time is JSON null: absent. */
function decodeTime(name: string, bytes: Uint8Array): string | undefined {
  const fields = decodeMessage(name, bytes);
  const seconds = Number(fields["seconds"] ?? 0);
  const nanos = Number(fields["nanos"] ?? 0);
  if (seconds === 0 && nanos === 0) return undefined;
  const text = new Date(seconds * 1000).toISOString().slice(0, 19);
  if (!name.endsWith("MicroTime")) return `${text}Z`;
  return `${text}.${String(Math.trunc(nanos / 1000)).padStart(6, "0")}Z`;
}

function decodeIntOrString(bytes: Uint8Array): number | string {
  const fields = decodeMessage("k8s.io.apimachinery.pkg.util.intstr.IntOrString", bytes);
  return fields["type"] === 1 ? String(fields["strVal"] ?? "") : Number(fields["intVal"] ?? 0);
}

function decodeRaw(name: string, bytes: Uint8Array): unknown {
  const raw = decodeMessage(name, bytes);
  const base64 = raw["raw"] ?? raw["Raw"];
  if (typeof base64 !== "string" || base64 === "") return undefined;
  const content = Buffer.from(base64, "base64");
  if (magic.every((byte, index) => content[index] === byte)) return decodeProtobuf(content).object;
  try {
    return JSON.parse(content.toString("utf8"));
  } catch (cause) {
    throw badRequest(`${name.slice(name.lastIndexOf(".") + 1)} holds no JSON: ${String(cause)}`);
  }
}

function decodeSchemaUnion(name: string, bytes: Uint8Array): unknown {
  const fields = decodeMessage(name, bytes);
  if (isRecord(fields["schema"])) return fields["schema"];
  return fields["jSONSchemas"] ?? fields["property"] ?? fields["allows"] ?? false;
}
