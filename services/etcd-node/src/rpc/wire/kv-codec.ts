import { Pieces } from "@drydock/http2";
import {
  KVService,
  PutResponse,
  RangeResponse,
  type ResponseHeader,
  TxnRequest,
} from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { decodePutRequest } from "./encoded-put.ts";
import { encodedOf } from "./key-value-view.ts";
import { headerLength, writeHeader } from "./response-header.ts";
import { writeVarint } from "./varint.ts";

/** A request that came over the wire; `encoded` is the message as it came, for passing on. */
export type AsItCame<T> = T & { readonly encoded: Buffer };

/** The KV service with codecs by hand for what is called most: they write what the generated ones write. */
export const fastKvService = {
  ...KVService,
  range: {
    ...KVService.range,
    responseSerialize: encodeRangeResponse,
    responsePieces: (response: RangeResponse) => piecesOfRange(response, PIECES_OCTETS_MIN),
  },
  put: { ...KVService.put, requestDeserialize: decodePutRequest, responseSerialize: encodePutResponse },
  txn: { ...KVService.txn, requestDeserialize: decodeTxnRequest },
} as const;

/** Shorter answers are put together first: it costs less than a list of pieces. */
const PIECES_OCTETS_MIN = 16 * 1024;
/** A tag and a length, or a number up to 2^53. */
const LEAD_OCTETS_MAX = 9;

/** A transaction that keeps the octets it came as. */
function decodeTxnRequest(bytes: Buffer): AsItCame<TxnRequest> {
  return Object.assign(TxnRequest.decode(bytes), { encoded: bytes });
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
  if (!pieces) return Buffer.from(RangeResponse.encode(response).finish());
  const bytes = Buffer.allocUnsafe(pieces.length);
  pieces.copyTo(bytes, 0, bytes.length);
  return bytes;
}

/**
 * What a RangeResponse is written as, one after another, with the keys as they are stored; undefined where the generated codec must do it, or
 * where the whole is shorter than `octetsMin`.
 */
function piecesOfRange(response: RangeResponse, octetsMin: number): Pieces | undefined {
  const { header, kvs, more, count } = response;
  if (!header) return undefined;
  let octets = 0;
  for (const kv of kvs) {
    const encoded = encodedOf(kv);
    if (!encoded) return undefined;
    octets += encoded.length;
  }
  if (octets < octetsMin) return undefined;
  // Everything but the keys lies in one buffer; pieces are what comes between two of them.
  const between = Buffer.allocUnsafe(headerLength(header) + kvs.length * LEAD_OCTETS_MAX + 2 + LEAD_OCTETS_MAX);
  const pieces = new Pieces();
  let from = 0;
  let at = writeHeader(between, header, 0);
  for (const kv of kvs) {
    const encoded = encodedOf(kv) as Buffer;
    between[at] = 0x12;
    at = writeVarint(between, encoded.length, at + 1);
    pieces.add(between, from, at);
    pieces.add(encoded);
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
  if (at > from) pieces.add(between, from, at);
  return pieces;
}
