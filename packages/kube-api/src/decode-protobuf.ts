import { badRequest, isRecord, parseExactJson, setOwn } from "@drydock/apimachinery";
import { doubleOf } from "./doubles.ts";
import { schemaNameOf } from "./kind-index.ts";
import { type FieldCodec, type Message, type MessageField, messageNamed, messageNameOf } from "./protobuf-messages.ts";
import { ProtobufReader } from "./protobuf-reader.ts";

export interface DecodedObject {
  readonly apiVersion: string;
  readonly kind: string;
  /** The plain-JSON object, with apiVersion and kind. */
  readonly object: Record<string, unknown>;
}

interface TypeName {
  readonly apiVersion: string;
  readonly kind: string;
}

/** Bytes that are no object. `kind` is there when the envelope could be read. */
export class ProtobufDecodeError extends Error {
  override readonly name = "ProtobufDecodeError";
  readonly type: TypeName | undefined;

  constructor(message: string, type?: TypeName) {
    super(message);
    this.type = type;
  }
}

const magic = [0x6b, 0x38, 0x73, 0x00];
const unknownMessage = "k8s.io.apimachinery.pkg.runtime.Unknown";
/** Deeper nesting is refused, as in JSON. */
const maxDepth = 1000;

/**
 * Decodes a body of type application/vnd.kubernetes.protobuf: the `k8s\0` magic, then runtime.Unknown with the object in
 * its generated message. What the envelope does not name is taken from `expected`. Throws a ProtobufDecodeError.
 */
export function decodeProtobuf(bytes: Uint8Array, expected?: TypeName): DecodedObject {
  if (bytes.length === 0) throw new ProtobufDecodeError("empty data");
  if (magic.some((byte, index) => bytes[index] !== byte)) {
    throw new ProtobufDecodeError(
      "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]",
    );
  }
  if (bytes.length === magic.length) throw new ProtobufDecodeError("empty body");
  const { apiVersion, kind, raw } = reading(() => readEnvelope(bytes.subarray(magic.length)));
  const type = { apiVersion: apiVersion || expected?.apiVersion || "", kind: kind || expected?.kind || "" };
  if (type.kind === "") throw new ProtobufDecodeError("Object 'Kind' is missing in 'unstructured object has no kind'");
  const schemaName = schemaNameOf(type.apiVersion, type.kind);
  if (schemaName === undefined) {
    const version = JSON.stringify(type.apiVersion);
    throw new ProtobufDecodeError(
      `no kind ${JSON.stringify(type.kind)} is registered for version ${version} in scheme "pkg/api/legacyscheme/scheme.go:30"`,
      type,
    );
  }
  const fields = reading(() => decodeMessage(messageNameOf(schemaName), raw, 0), type);
  return { ...type, object: { ...type, ...fields } };
}

/** Whatever is wrong with the bytes, in the decoder's words. */
function reading<T>(read: () => T, type?: TypeName): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) throw new ProtobufDecodeError(error.message, type);
    throw error;
  }
}

function readEnvelope(bytes: Uint8Array): TypeName & { readonly raw: Uint8Array } {
  const envelope = messageNamed(unknownMessage);
  if (envelope === undefined) throw new Error(`no facts about ${unknownMessage}`);
  const reader = new ProtobufReader(bytes);
  let typeMeta: Record<string, unknown> = {};
  let raw: Uint8Array = new Uint8Array();
  while (!reader.isAtEnd) {
    const { field, wireType } = tagOf(reader, "Unknown");
    const jsonName = envelope.byNumber.get(field)?.jsonName;
    if (jsonName === "typeMeta")
      typeMeta = decodeMessage("k8s.io.apimachinery.pkg.runtime.TypeMeta", reader.bytes(), 0);
    else if (jsonName === "raw") raw = reader.bytes();
    else reader.skip(wireType);
  }
  return { apiVersion: String(typeMeta["apiVersion"] ?? ""), kind: String(typeMeta["kind"] ?? ""), raw };
}

function tagOf(reader: ProtobufReader, type: string): { field: number; wireType: number } {
  const tag = reader.tag();
  if (tag.wireType === 4) throw new RangeError(`proto: ${type}: wiretype end group for non-group`);
  if (tag.field <= 0 || tag.field >= 2 ** 29) {
    throw new RangeError(`proto: ${type}: illegal tag ${tag.field} (wire type ${tag.wireType})`);
  }
  return tag;
}

function decodeMessage(name: string, bytes: Uint8Array, depth: number): Record<string, unknown> {
  if (depth > maxDepth) throw new RangeError("exceeded max depth");
  const message = messageNamed(name);
  if (message === undefined) throw new Error(`no facts about message ${name}`);
  const result: Record<string, unknown> = {};
  const reader = new ProtobufReader(bytes);
  while (!reader.isAtEnd) {
    const { field, wireType } = tagOf(reader, typeOf(name));
    const known = message.byNumber.get(field);
    if (known === undefined) reader.skip(wireType);
    else decodeField(reader, wireType, known, message, result, depth + 1);
  }
  return result;
}

function typeOf(message: string): string {
  return message.slice(message.lastIndexOf(".") + 1);
}

function decodeField(
  reader: ProtobufReader,
  wireType: number,
  field: MessageField,
  message: Message,
  result: Record<string, unknown>,
  depth: number,
): void {
  const { codec, jsonName, shape } = field;
  // Packed scalars arrive as one run of bytes.
  const isPacked = wireType === 2 && shape === "list" && isPackable(codec);
  if (!isPacked) assertWireType(wireType, field, message);
  if (jsonName === undefined) {
    if (codec.kind === "message") Object.assign(result, decodeMessage(codec.message, reader.bytes(), depth));
    else reader.skip(wireType);
  } else if (shape === "list") {
    const list = (result[jsonName] ?? []) as unknown[];
    if (isPacked) for (const value of unpack(reader.bytes(), codec)) list.push(value);
    else list.push(decodeValue(reader, codec, depth) ?? null);
    result[jsonName] = list;
  } else if (shape === "map") {
    const map = (result[jsonName] ?? {}) as Record<string, unknown>;
    const { key, value } = decodeMapEntry(reader.bytes(), codec, depth);
    setOwn(map, key, value);
    result[jsonName] = map;
  } else {
    const value = decodeValue(reader, codec, depth);
    if (!isOmitted(value, field)) result[jsonName] = value;
  }
}

/**
 * Go writes every field that is no pointer, zero or not; JSON leaves most zeros out. Zeros of pointer fields mean something
 * (`replicas: 0`) and stay.
 */
function isOmitted(value: unknown, { presence }: MessageField): boolean {
  if (value === undefined || value === null) return true;
  if (presence !== "omitempty") return false;
  return value === "" || value === 0 || value === false;
}

function assertWireType(wireType: number, { codec, shape, jsonName }: MessageField, message: Message): void {
  if (wireType === wireTypeOf(codec, shape)) return;
  const field = jsonName ?? "";
  const goName = `${field.charAt(0).toUpperCase()}${field.slice(1)}`;
  throw new RangeError(`proto: wrong wireType = ${wireType} for field ${goName || typeOf(message.name)}`);
}

function wireTypeOf(codec: FieldCodec, shape: MessageField["shape"]): number {
  if (shape === "map") return 2;
  if (codec.kind === "double") return 1;
  return codec.kind === "bool" || codec.kind === "int32" || codec.kind === "int64" ? 0 : 2;
}

function isPackable(codec: FieldCodec): boolean {
  return codec.kind === "int32" || codec.kind === "int64" || codec.kind === "bool";
}

function unpack(bytes: Uint8Array, codec: FieldCodec): unknown[] {
  const reader = new ProtobufReader(bytes);
  const values: unknown[] = [];
  while (!reader.isAtEnd) values.push(decodeValue(reader, codec, 0));
  return values;
}

function decodeMapEntry(bytes: Uint8Array, codec: FieldCodec, depth: number): { key: string; value: unknown } {
  const reader = new ProtobufReader(bytes);
  let key = "";
  let value: unknown =
    codec.kind === "message" ? decodeOwnJson(codec.message, codec.type, new Uint8Array(), depth) : "";
  while (!reader.isAtEnd) {
    const { field, wireType } = reader.tag();
    if (field === 1 && wireType === 2) key = decodeText(reader.bytes());
    else if (field === 2 && wireType === wireTypeOf(codec, "single")) value = decodeValue(reader, codec, depth) ?? null;
    else reader.skip(wireType);
  }
  return { key, value };
}

function decodeValue(reader: ProtobufReader, codec: FieldCodec, depth: number): unknown {
  switch (codec.kind) {
    case "string":
      return decodeText(reader.bytes());
    case "bytes":
      return encodeBase64(reader.bytes());
    case "bool":
      return reader.varint() !== 0;
    case "int32":
      return reader.varint() | 0;
    case "int64":
      return reader.int64();
    case "double":
      return doubleOf(reader.double());
    case "message":
      return decodeOwnJson(codec.message, codec.type, reader.bytes(), depth);
  }
}

const textDecoder = new TextDecoder("utf-8", { ignoreBOM: true });
const decodeText = (bytes: Uint8Array) => textDecoder.decode(bytes);
const encodeBase64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");

/** Messages whose JSON form is not an object of their fields. */
function decodeOwnJson(name: string, type: string, bytes: Uint8Array, depth: number): unknown {
  switch (type) {
    case "Time":
    case "MicroTime":
    case "Timestamp":
      return decodeTime(name, type, bytes);
    case "Quantity":
      return decodeMessage(name, bytes, depth)["string"] ?? "0";
    case "IntOrString":
      return decodeIntOrString(name, bytes);
    case "RawExtension":
    case "FieldsV1":
    case "JSON":
      return decodeRaw(name, type, bytes);
    case "ExtraValue":
    case "Verbs":
      return decodeMessage(name, bytes, depth)["items"] ?? [];
    case "JSONSchemaPropsOrBool":
    case "JSONSchemaPropsOrArray":
    case "JSONSchemaPropsOrStringArray":
      return decodeSchemaUnion(name, bytes, depth);
    default:
      return decodeMessage(name, bytes, depth);
  }
}

/** What JavaScript's dates and RFC 3339 can say. */
const secondsMin = Date.parse("0001-01-01T00:00:00Z") / 1000;
const secondsMax = Date.parse("9999-12-31T23:59:59Z") / 1000;

/** The zero time is an empty message, and absent from JSON. */
function decodeTime(name: string, type: string, bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return undefined;
  const fields = decodeMessage(name, bytes, 0);
  const seconds = Number(fields["seconds"] ?? 0);
  const nanos = Number(fields["nanos"] ?? 0);
  if (seconds === secondsMin && nanos === 0) return undefined;
  if (seconds < secondsMin || seconds > secondsMax)
    throw new RangeError("Time.MarshalJSON: year outside of range [0,9999]");
  const text = new Date(seconds * 1000).toISOString().slice(0, 19);
  if (type !== "MicroTime") return `${text}Z`;
  return `${text}.${String(Math.trunc(nanos / 1000)).padStart(6, "0")}Z`;
}

function decodeIntOrString(name: string, bytes: Uint8Array): number | string {
  const fields = decodeMessage(name, bytes, 0);
  return fields["type"] === 1 ? String(fields["strVal"] ?? "") : Number(fields["intVal"] ?? 0);
}

function decodeRaw(name: string, type: string, bytes: Uint8Array): unknown {
  const raw = decodeMessage(name, bytes, 0);
  const base64 = raw["raw"] ?? raw["Raw"];
  if (typeof base64 !== "string" || base64 === "") return undefined;
  const content = Buffer.from(base64, "base64");
  if (magic.every((byte, index) => content[index] === byte)) return decodeProtobuf(content).object;
  try {
    return parseExactJson(content.toString("utf8"));
  } catch (cause) {
    throw badRequest(`${type} holds no JSON: ${String(cause)}`);
  }
}

function decodeSchemaUnion(name: string, bytes: Uint8Array, depth: number): unknown {
  const fields = decodeMessage(name, bytes, depth);
  if (isRecord(fields["schema"])) return fields["schema"];
  return fields["jSONSchemas"] ?? fields["property"] ?? fields["allows"] ?? false;
}
