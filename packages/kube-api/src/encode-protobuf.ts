import { canonicalQuantity, isRecord, stringifyJson } from "@drydock/apimachinery";
import { type FieldCodec, type Message, type MessageField, messageNamed, messageNameOf } from "./protobuf-messages.ts";
import { ProtobufWriter } from "./protobuf-writer.ts";

type Fields = Readonly<Record<string, unknown>>;

const writer = new ProtobufWriter();

/**
 * The bytes of an object's generated message, those that Go's encoder would write: fields by number, values that are no pointers
 * even when they are zero, maps by key. `apiVersion` and `kind` are no part of it; see `wrapProtobuf`.
 */
export function encodeProtobuf(openApiName: string, object: object): Buffer {
  const message = required(messageNameOf(openApiName));
  try {
    writeMessage(message, object as Fields);
    return writer.finish();
  } finally {
    writer.reset();
  }
}

/** Whether objects of this schema have a protobuf form at all. */
export function hasProtobuf(openApiName: string): boolean {
  return messageNamed(messageNameOf(openApiName)) !== undefined;
}

function required(name: string): Message {
  const message = messageNamed(name);
  if (message === undefined) throw new Error(`no facts about message ${name}`);
  return message;
}

function writeMessage(message: Message, object: Fields): void {
  for (const field of message.descending) {
    if (field.jsonName === undefined) writeEmbedded(field, object);
    else writeField(field, object[field.jsonName]);
  }
}

function writeEmbedded({ codec, number }: MessageField, object: Fields): void {
  if (codec.kind === "message") writeDelimited(number, () => writeMessage(required(codec.message), object));
}

function writeField(field: MessageField, value: unknown): void {
  const { codec, number, shape, presence } = field;
  if (shape === "list") {
    if (!Array.isArray(value)) return;
    for (let index = value.length - 1; index >= 0; index--) writeValue(number, codec, value[index]);
  } else if (shape === "map") {
    if (isRecord(value)) writeMap(number, codec, value);
  } else if (value !== undefined && value !== null) {
    writeValue(number, codec, value);
  } else if (presence !== "pointer" && codec.kind !== "bytes") {
    writeValue(number, codec, undefined);
  }
}

function writeMap(number: number, codec: FieldCodec, map: Fields): void {
  for (const key of Object.keys(map).sort().reverse()) {
    writeDelimited(number, () => {
      writeValue(2, codec, map[key]);
      writeValue(1, { kind: "string" }, key);
    });
  }
}

function writeDelimited(number: number, write: () => void): void {
  const before = writer.length;
  write();
  writer.varint(writer.length - before);
  writer.tag(number, 2);
}

/** Undefined is the zero value of its type. */
function writeValue(number: number, codec: FieldCodec, value: unknown): void {
  switch (codec.kind) {
    case "string":
      writer.text(typeof value === "string" ? value : "");
      writer.tag(number, 2);
      break;
    case "bytes":
      writer.raw(Buffer.from(typeof value === "string" ? value : "", "base64"));
      writer.tag(number, 2);
      break;
    case "bool":
      writer.varint(value === true ? 1 : 0);
      writer.tag(number, 0);
      break;
    case "int32":
    case "int64":
      writer.varint(typeof value === "bigint" ? value : typeof value === "number" ? Math.trunc(value) : 0);
      writer.tag(number, 0);
      break;
    case "double":
      writer.double(typeof value === "number" || typeof value === "bigint" ? Number(value) : 0);
      writer.tag(number, 1);
      break;
    case "message":
      writeDelimited(number, () => writeOwnJson(codec.message, codec.type, value));
  }
}

/** Messages whose JSON form is not an object of their fields. */
function writeOwnJson(name: string, type: string, value: unknown): void {
  switch (type) {
    case "Time":
    case "Timestamp":
      writeTime(value, 0);
      break;
    case "MicroTime":
      writeTime(value, 6);
      break;
    case "Quantity":
      writeValue(1, { kind: "string" }, quantityText(value));
      break;
    case "IntOrString":
      writeIntOrString(value);
      break;
    case "RawExtension":
    case "FieldsV1":
    case "JSON":
      writeRaw(value);
      break;
    case "ExtraValue":
    case "Verbs":
      writeField(
        { number: 1, codec: { kind: "string" }, shape: "list", jsonName: "items", presence: "pointer", isShown: false },
        value,
      );
      break;
    case "JSONSchemaPropsOrBool":
    case "JSONSchemaPropsOrArray":
    case "JSONSchemaPropsOrStringArray":
      writeSchemaUnion(name, value);
      break;
    default:
      writeMessage(required(name), isRecord(value) ? value : {});
  }
}

/** The zero time is an empty message. */
function writeTime(value: unknown, fractionDigits: number): void {
  if (typeof value !== "string" || value === "") return;
  const ms = Date.parse(value);
  if (Number.isNaN(ms)) return;
  const fraction = /\.(\d+)/.exec(value)?.[1] ?? "";
  writer.varint(Number(fraction.slice(0, fractionDigits).padEnd(9, "0")));
  writer.tag(2, 0);
  writer.varint(Math.floor(ms / 1000));
  writer.tag(1, 0);
}

function quantityText(value: unknown): string {
  if (typeof value !== "string" && typeof value !== "number") return "0";
  return canonicalQuantity(String(value)) ?? String(value);
}

function writeIntOrString(value: unknown): void {
  const isText = typeof value === "string";
  writeValue(3, { kind: "string" }, isText ? value : "");
  writeValue(2, { kind: "int32" }, isText ? 0 : value);
  writeValue(1, { kind: "int64" }, isText ? 1 : 0);
}

function writeRaw(value: unknown): void {
  if (value === undefined || value === null) return;
  writer.raw(Buffer.from(stringifyJson(value)));
  writer.tag(1, 2);
}

function writeSchemaUnion(name: string, value: unknown): void {
  const message = required(name);
  if (isRecord(value)) writeMessage(message, { schema: value, allows: true });
  else if (typeof value === "boolean") writeMessage(message, { allows: value });
  else writeMessage(message, { jSONSchemas: value, property: value });
}
