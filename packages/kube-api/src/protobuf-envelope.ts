import { encodeProtobuf } from "./encode-protobuf.ts";

/** Every body of type application/vnd.kubernetes.protobuf begins so. */
const magic = Buffer.from("k8s\0", "latin1");

const listMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta";

/** A message as a body: the magic, then runtime.Unknown with the message's kind. */
export function wrapProtobuf(apiVersion: string, kind: string, message: Uint8Array): Buffer {
  return Buffer.concat([...headOf(apiVersion, kind, message.length), message, tail]);
}

/** A list whose items are encoded already. `fields` are the numbers of metadata and items, which all lists but one share. */
export function wrapProtobufList(
  apiVersion: string,
  kind: string,
  metadata: object,
  items: readonly Uint8Array[],
  fields: { readonly metadata: number; readonly items: number } = { metadata: 1, items: 2 },
): Buffer {
  const meta = encodeProtobuf(listMeta, metadata);
  const chunks: Uint8Array[] = [];
  for (const item of items) chunks.push(prefix(fields.items, item.length), item);
  const head = [prefix(fields.metadata, meta.length), meta];
  const parts = fields.metadata < fields.items ? [...head, ...chunks] : [...chunks, ...head];
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([...headOf(apiVersion, kind, length), ...parts, tail]);
}

/** One frame of a watch stream: four bytes of length, then a WatchEvent around a body. */
export function watchFrame(type: string, body: Uint8Array): Buffer {
  const event = watchEvent(type, body);
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32BE(event.length);
  return Buffer.concat([length, event]);
}

/** The same without the length, where each event is a message already. */
export function watchEvent(type: string, body: Uint8Array): Buffer {
  const eventType = Buffer.from(type);
  const raw = prefix(1, body.length);
  return Buffer.concat([prefix(1, eventType.length), eventType, prefix(2, raw.length + body.length), raw, body]);
}

function headOf(apiVersion: string, kind: string, messageLength: number): Uint8Array[] {
  const typeMeta = Buffer.concat([field(1, Buffer.from(apiVersion)), field(2, Buffer.from(kind))]);
  return [magic, field(1, typeMeta), prefix(2, messageLength)];
}

/** Empty contentEncoding and contentType. */
const tail = Buffer.from([0x1a, 0, 0x22, 0]);

function field(number: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([prefix(number, bytes.length), bytes]);
}

/** Tag and length of a delimited field. */
function prefix(number: number, length: number): Buffer {
  const bytes = [number * 8 + 2];
  let rest = length;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}
