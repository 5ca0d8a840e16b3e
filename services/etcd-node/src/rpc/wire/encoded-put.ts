import { NO_LEASE } from "@drydock/mvcc";
import { PutRequest } from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { readBigVarint, readVarint } from "./varint.ts";

const TAG_KEY = 0x0a;
const TAG_VALUE = 0x12;
const TAG_LEASE = 0x18;
const TAG_PREV_KV = 0x20;
const TAG_IGNORE_VALUE = 0x28;
const TAG_IGNORE_LEASE = 0x30;
const NOTHING: Buffer = Buffer.alloc(0);

/**
 * A put as it came over the wire, or lies in the log: the octets it was read from are at hand for passing on, and a view of the key is made only for
 * who asks for one.
 */
export class EncodedPut implements PutRequest {
  readonly #bytes: Buffer;
  readonly #start: number;
  #keyAt = 0;
  #keyEnd = 0;
  value = NOTHING;
  lease = NO_LEASE;
  prevKv = false;
  ignoreValue = false;
  ignoreLease = false;

  private constructor(bytes: Buffer, start: number) {
    this.#bytes = bytes;
    this.#start = start;
  }

  /** From `start` to the end. Undefined where it takes the generated decoder to know what to make of it. */
  static read(bytes: Buffer, start: number): EncodedPut | undefined {
    const put = new EncodedPut(bytes, start);
    const cursor = { at: start };
    while (cursor.at < bytes.length) {
      const tag = bytes[cursor.at++];
      if (tag === TAG_LEASE) {
        put.lease = String(BigInt.asIntN(64, readBigVarint(bytes, cursor)));
        continue;
      }
      const number = readVarint(bytes, cursor);
      const end = cursor.at + number;
      if (tag === TAG_KEY && end <= bytes.length) {
        put.#keyAt = cursor.at;
        put.#keyEnd = end;
        cursor.at = end;
      } else if (tag === TAG_VALUE && end <= bytes.length) {
        put.value = bytes.subarray(cursor.at, end);
        cursor.at = end;
      } else if (tag === TAG_PREV_KV) put.prevKv = number !== 0;
      else if (tag === TAG_IGNORE_VALUE) put.ignoreValue = number !== 0;
      else if (tag === TAG_IGNORE_LEASE) put.ignoreLease = number !== 0;
      else return undefined;
    }
    return Number.isNaN(cursor.at) || cursor.at > bytes.length ? undefined : put;
  }

  get encoded(): Buffer {
    return this.#start === 0 ? this.#bytes : this.#bytes.subarray(this.#start);
  }
  get key(): Buffer {
    return this.#bytes.subarray(this.#keyAt, this.#keyEnd);
  }
  get keyLength(): number {
    return this.#keyEnd - this.#keyAt;
  }
  get keyText(): string {
    return this.#bytes.toString("latin1", this.#keyAt, this.#keyEnd);
  }
}

export function decodePutRequest(bytes: Buffer): PutRequest {
  return EncodedPut.read(bytes, 0) ?? PutRequest.decode(bytes);
}

/** The key as the store has it: one character an octet. */
export function keyTextOf(request: PutRequest): string {
  return request instanceof EncodedPut ? request.keyText : request.key.toString("latin1");
}

export function keyLengthOf(request: PutRequest): number {
  return request instanceof EncodedPut ? request.keyLength : request.key.length;
}
