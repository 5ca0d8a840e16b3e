import { type KeyValue, type LeaseId, NO_LEASE, type Revision } from "@drydock/mvcc";
import {
  bigVarintLength,
  readBigVarint,
  readVarint,
  varintLength,
  writeBigVarint,
  writeVarint,
} from "../rpc/wire/varint.ts";

/** mvccpb.KeyValue by hand: it is written once for every put and read for every get, and the generated code costs ten times as much. */

const TAG_KEY = 0x0a;
const TAG_CREATE_REVISION = 0x10;
const TAG_MOD_REVISION = 0x18;
const TAG_VERSION = 0x20;
const TAG_VALUE = 0x2a;
const TAG_LEASE = 0x30;
const NO_VALUE = Buffer.alloc(0);

export function encodeKeyValue(kv: KeyValue): Buffer {
  const bytes = Buffer.allocUnsafe(keyValueLength(kv));
  writeKeyValue(bytes, 0, kv);
  return bytes;
}

export function keyValueLength({ key, value, createRevision, modRevision, version, lease }: KeyValue): number {
  return (
    bytesField(key.length) +
    numberField(createRevision) +
    numberField(modRevision) +
    numberField(version) +
    bytesField(value.length) +
    (lease === NO_LEASE ? 0 : 1 + bigVarintLength(BigInt.asUintN(64, BigInt(lease))))
  );
}

/** Into room of `keyValueLength`. */
export function writeKeyValue(bytes: Buffer, start: number, kv: KeyValue): void {
  const { key, value, createRevision, modRevision, version, lease } = kv;
  let at = start;
  if (key.length > 0) {
    bytes[at++] = TAG_KEY;
    at = writeVarint(bytes, key.length, at);
    at += bytes.write(key, at, "latin1");
  }
  at = writeNumberField(bytes, TAG_CREATE_REVISION, createRevision, at);
  at = writeNumberField(bytes, TAG_MOD_REVISION, modRevision, at);
  at = writeNumberField(bytes, TAG_VERSION, version, at);
  if (value.length > 0) {
    bytes[at++] = TAG_VALUE;
    at = writeVarint(bytes, value.length, at);
    bytes.set(value, at);
    at += value.length;
  }
  if (lease !== NO_LEASE) {
    bytes[at++] = TAG_LEASE;
    writeBigVarint(bytes, BigInt.asUintN(64, BigInt(lease)), at);
  }
}

/**
 * A key with its value as it was stored, a span of a buffer, decoded as far as somebody asks. `encoded` is the message itself: ranges and watches pass it
 * on as it is.
 */
export class StoredKeyValue implements KeyValue {
  readonly #source: Buffer;
  readonly #start: number;
  readonly #end: number;
  #event: Buffer | undefined;
  #key: string | undefined;
  #fields: Fields | undefined;

  constructor(source: Buffer, start = 0, end = source.length, key?: string) {
    this.#source = source;
    this.#start = start;
    this.#end = end;
    this.#key = key;
  }

  /** Of `encoded`. */
  get length(): number {
    return this.#end - this.#start;
  }

  get encoded(): Buffer {
    const isWhole = this.#start === 0 && this.#end === this.#source.length;
    return isWhole ? this.#source : this.#source.subarray(this.#start, this.#end);
  }

  /** Copies so many octets of `encoded`, from one on, to the target. Returns where they end there. */
  copyTo(target: Uint8Array, at: number, from: number, octets: number): number {
    const start = this.#start + from;
    this.#source.copy(target, at, start, start + octets);
    return at + octets;
  }

  /** The change that led to it as a mvccpb.Event without the value before; a deletion is a key of version 0. */
  get encodedEvent(): Buffer {
    this.#event ??= encodeEvent(this.encoded, this.version === 0);
    return this.#event;
  }

  get key(): string {
    this.#key ??= this.#decode().key;
    return this.#key;
  }
  get value(): Buffer {
    const { valueAt, valueLength } = this.#decode();
    return valueLength === 0 ? NO_VALUE : this.#source.subarray(valueAt, valueAt + valueLength);
  }
  get createRevision(): Revision {
    return this.#decode().createRevision;
  }
  get modRevision(): Revision {
    return this.#decode().modRevision;
  }
  get version(): number {
    return this.#decode().version;
  }
  get lease(): LeaseId {
    return this.#decode().lease;
  }

  #decode(): Fields {
    this.#fields ??= decodeFields(this.#source, this.#start, this.#end);
    return this.#fields;
  }
}

function encodeEvent(encoded: Buffer, isDeletion: boolean): Buffer {
  const head = isDeletion ? 2 : 0;
  const bytes = Buffer.allocUnsafe(head + 1 + varintLength(encoded.length) + encoded.length);
  if (isDeletion) bytes.set([0x08, 1]);
  bytes[head] = 0x12;
  bytes.set(encoded, writeVarint(bytes, encoded.length, head + 1));
  return bytes;
}

interface Fields {
  key: string;
  valueAt: number;
  valueLength: number;
  createRevision: Revision;
  modRevision: Revision;
  version: number;
  lease: LeaseId;
}

/** Only what `writeKeyValue` wrote comes here. `valueAt` is one of `bytes`. */
function decodeFields(bytes: Buffer, start: number, end: number): Fields {
  const fields: Fields = {
    key: "",
    valueAt: 0,
    valueLength: 0,
    createRevision: 0,
    modRevision: 0,
    version: 0,
    lease: NO_LEASE,
  };
  const cursor = { at: start };
  while (cursor.at < end) {
    const tag = bytes[cursor.at++];
    if (tag === TAG_LEASE) {
      fields.lease = String(BigInt.asIntN(64, readBigVarint(bytes, cursor)));
      continue;
    }
    const number = readVarint(bytes, cursor);
    if (tag === TAG_KEY) {
      fields.key = bytes.toString("latin1", cursor.at, cursor.at + number);
      cursor.at += number;
    } else if (tag === TAG_VALUE) {
      fields.valueAt = cursor.at;
      fields.valueLength = number;
      cursor.at += number;
    } else if (tag === TAG_CREATE_REVISION) fields.createRevision = number;
    else if (tag === TAG_MOD_REVISION) fields.modRevision = number;
    else if (tag === TAG_VERSION) fields.version = number;
    else throw new Error(`a stored key has an unknown field, tag ${tag}`);
  }
  return fields;
}

function bytesField(length: number): number {
  return length === 0 ? 0 : 1 + varintLength(length) + length;
}

function numberField(value: number): number {
  return value === 0 ? 0 : 1 + varintLength(value);
}

function writeNumberField(bytes: Buffer, tag: number, value: number, at: number): number {
  if (value === 0) return at;
  bytes[at] = tag;
  return writeVarint(bytes, value, at + 1);
}
