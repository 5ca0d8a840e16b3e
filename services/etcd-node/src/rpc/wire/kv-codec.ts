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
import { readBigVarint, readVarint, writeVarint } from "./varint.ts";

/** Stands for a request; `encoded` is the message as it came, for passing on. */
export type Encoded<T> = T & { readonly encoded?: Buffer };

/** The KV service with codecs by hand for what is called most: they write what the generated ones write. */
export const fastKvService = {
  ...KVService,
  range: {
    ...KVService.range,
    responseSerialize: encodeRangeResponse,
    responsePieces: (response: RangeResponse) => piecesOfRange(response, PIECES_OCTETS_MIN),
  },
  put: { ...KVService.put, requestDeserialize: decodePutRequest, responseSerialize: encodePutResponse },
} as const;

/** Shorter answers are put together first: it costs less than a list of pieces. */
const PIECES_OCTETS_MIN = 16 * 1024;
/** A tag and a length, or a number up to 2^53. */
const LEAD_OCTETS_MAX = 9;
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
  const pieces = piecesOfRange(response, 0);
  return pieces ? Buffer.concat(pieces) : Buffer.from(RangeResponse.encode(response).finish());
}

/**
 * What a RangeResponse is written as, one after another, with the keys as they are stored; undefined where the generated codec must do it, or
 * where the whole is shorter than `octetsMin`.
 */
function piecesOfRange(response: RangeResponse, octetsMin: number): Buffer[] | undefined {
  const { header, kvs, more, count } = response;
  if (!header) return undefined;
  let octets = 0;
  for (const kv of kvs) {
    const encoded = encodedOf(kv);
    if (!encoded) return undefined;
    octets += encoded.length;
  }
  if (octets < octetsMin) return undefined;
  // Everything but the keys lies in one buffer, cut into what comes between two of them.
  const between = Buffer.allocUnsafe(headerLength(header) + kvs.length * LEAD_OCTETS_MAX + 2 + LEAD_OCTETS_MAX);
  const pieces: Buffer[] = [];
  let from = 0;
  let at = writeHeader(between, header, 0);
  for (const kv of kvs) {
    const encoded = encodedOf(kv) as Buffer;
    between[at] = 0x12;
    at = writeVarint(between, encoded.length, at + 1);
    pieces.push(between.subarray(from, at), encoded);
    from = at;
  }
  if (more) {
    between[at++] = 0x18;
    between[at++] = 1;
  }
  if (count !== 0) {
    between[at] = 0x20;
    at = writeVarint(between, count, at + 1);
  }
  if (at > from) pieces.push(between.subarray(from, at));
  return pieces;
}
