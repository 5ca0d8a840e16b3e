import { NO_LEASE } from "@drydock/mvcc";
import {
  KVService,
  PutRequest,
  PutResponse,
  RangeResponse,
  type ResponseHeader,
} from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { encodedOf } from "./key-value-view.ts";
import { headerLength, writeHeader } from "./response-header.ts";
import { readBigVarint, readVarint, varintLength, writeVarint } from "./varint.ts";

/** Stands for a request; `encoded` is the message as it came, for passing on. */
export type Encoded<T> = T & { readonly encoded?: Buffer };

/** The KV service with codecs by hand for what is called most: they write what the generated ones write. */
export const fastKvService = {
  ...KVService,
  range: { ...KVService.range, responseSerialize: encodeRangeResponse },
  put: { ...KVService.put, requestDeserialize: decodePutRequest, responseSerialize: encodePutResponse },
} as const;

const NOTHING: Buffer = Buffer.alloc(0);

export function decodePutRequest(bytes: Buffer): Encoded<PutRequest> {
  const request = {
    key: NOTHING,
    value: NOTHING,
    lease: NO_LEASE,
    prevKv: false,
    ignoreValue: false,
    ignoreLease: false,
    encoded: bytes,
  };
  const cursor = { at: 0 };
  while (cursor.at < bytes.length) {
    const tag = bytes[cursor.at++];
    if (tag === 0x18) {
      request.lease = String(BigInt.asIntN(64, readBigVarint(bytes, cursor)));
      continue;
    }
    const number = readVarint(bytes, cursor);
    const end = cursor.at + number;
    if (tag === 0x0a && end <= bytes.length) request.key = bytes.subarray(cursor.at, end);
    else if (tag === 0x12 && end <= bytes.length) request.value = bytes.subarray(cursor.at, end);
    else if (tag === 0x20) request.prevKv = number !== 0;
    else if (tag === 0x28) request.ignoreValue = number !== 0;
    else if (tag === 0x30) request.ignoreLease = number !== 0;
    // Whatever else somebody sends, the generated decoder knows what to make of it.
    else return { ...PutRequest.decode(bytes), encoded: bytes };
    if (tag === 0x0a || tag === 0x12) cursor.at = end;
  }
  return Number.isNaN(cursor.at) || cursor.at > bytes.length ? PutRequest.decode(bytes) : request;
}

function encodePutResponse(response: PutResponse): Buffer {
  const { header, prevKv } = response;
  if (!header || prevKv) return Buffer.from(PutResponse.encode(response).finish());
  return encodeHeaderOnly(header);
}

function encodeHeaderOnly(header: ResponseHeader): Buffer {
  const bytes = Buffer.allocUnsafe(headerLength(header));
  writeHeader(bytes, header, 0);
  return bytes;
}

function encodeRangeResponse(response: RangeResponse): Buffer {
  const { header, kvs, more, count } = response;
  if (!header) return Buffer.from(RangeResponse.encode(response).finish());
  let size = headerLength(header) + (more ? 2 : 0) + (count === 0 ? 0 : 1 + varintLength(count));
  const parts: Buffer[] = [];
  for (const kv of kvs) {
    const encoded = encodedOf(kv);
    if (!encoded) return Buffer.from(RangeResponse.encode(response).finish());
    parts.push(encoded);
    size += 1 + varintLength(encoded.length) + encoded.length;
  }
  const bytes = Buffer.allocUnsafe(size);
  let at = writeHeader(bytes, header, 0);
  for (const part of parts) {
    bytes[at] = 0x12;
    at = writeVarint(bytes, part.length, at + 1);
    bytes.set(part, at);
    at += part.length;
  }
  if (more) {
    bytes[at++] = 0x18;
    bytes[at++] = 1;
  }
  if (count !== 0) {
    bytes[at] = 0x20;
    writeVarint(bytes, count, at + 1);
  }
  return bytes;
}
