import {
  KVService,
  PutResponse,
  RangeResponse,
  type ResponseHeader,
  TxnRequest,
} from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import type { KeyValue } from "@drydock/proto/etcd/api/mvccpb/kv";
import type { StoredKeyValue } from "../../backend/key-value-codec.ts";
import { decodePutRequest } from "./encoded-put.ts";
import { KeyValueView } from "./key-value-view.ts";
import { kvsFieldLength, RangeSource } from "./range-source.ts";
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
    responsePieces: (response: RangeResponse) => sourceOfRange(response, SOURCE_OCTETS_MIN),
  },
  put: { ...KVService.put, requestDeserialize: decodePutRequest, responseSerialize: encodePutResponse },
  txn: { ...KVService.txn, requestDeserialize: decodeTxnRequest },
} as const;

/** Shorter answers are put together first, which costs less. */
const SOURCE_OCTETS_MIN = 16 * 1024;
/** A tag and a number up to 2^53. */
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
  const source = sourceOfRange(response, 0);
  if (!source) return Buffer.from(RangeResponse.encode(response).finish());
  const bytes = Buffer.allocUnsafe(source.length);
  source.copyTo(bytes, 0, bytes.length);
  return bytes;
}

/** What a RangeResponse is written from; undefined where the generated codec must do it, or where its keys are shorter than `octetsMin`. */
function sourceOfRange({ header, kvs, more, count }: RangeResponse, octetsMin: number): RangeSource | undefined {
  if (!header) return undefined;
  let octets = 0;
  const stored = new Array<StoredKeyValue>(kvs.length);
  for (let index = 0; index < kvs.length; index++) {
    const kv = KeyValueView.storedOf(kvs[index] as KeyValue);
    if (!kv) return undefined;
    stored[index] = kv;
    octets += kvsFieldLength(kv);
  }
  return octets < octetsMin
    ? undefined
    : new RangeSource(encodeHeaderOnly(header), stored, octets, encodeCounts(more, count));
}

function encodeCounts(more: boolean, count: number): Buffer {
  const bytes = Buffer.allocUnsafe(2 + LEAD_OCTETS_MAX);
  let at = 0;
  if (more) {
    bytes[at++] = 0x18;
    bytes[at++] = 1;
  }
  if (count !== 0) {
    bytes[at] = 0x20;
    at = writeVarint(bytes, count, at + 1);
  }
  return bytes.subarray(0, at);
}
