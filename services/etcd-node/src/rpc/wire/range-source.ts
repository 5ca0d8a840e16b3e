import { copyOctets, OctetSource } from "@drydock/http2";
import type { StoredKeyValue } from "../../backend/key-value-codec.ts";
import { varintLength, writeVarint } from "./varint.ts";

const TAG_KVS = 0x12;
/** A tag and a length, used at once. */
const lead = new Uint8Array(9);

/** How long a key is as one of RangeResponse.kvs. */
export function kvsFieldLength({ length }: StoredKeyValue): number {
  return 1 + varintLength(length) + length;
}

/**
 * A RangeResponse that is put together while it is sent: keys go from where they are stored to where they are sent from, without a list of what comes between
 * them. What lies before them, and behind, is given as it is to be written.
 */
export class RangeSource extends OctetSource {
  readonly #kvs: readonly StoredKeyValue[];
  readonly #opening: Uint8Array;
  readonly #closing: Uint8Array;
  readonly length: number;
  /** Of the key that is read next; -1 for the opening, one behind the last for the closing. */
  #index = -1;
  /** How much of that was read. */
  #at = 0;

  /** `kvsOctets`: the sum of `kvsFieldLength`. */
  constructor(opening: Uint8Array, kvs: readonly StoredKeyValue[], kvsOctets: number, closing: Uint8Array) {
    super();
    this.#opening = opening;
    this.#kvs = kvs;
    this.#closing = closing;
    this.length = opening.length + kvsOctets + closing.length;
  }

  copyTo(target: Uint8Array, start: number, octets: number): number {
    const end = start + octets;
    let at = start;
    while (at < end) {
      const kv = this.#next();
      if (kv && this.#at === 0 && at + kvsFieldLength(kv) <= end) {
        target[at] = TAG_KVS;
        at = kv.copyTo(target, writeVarint(target, kv.length, at + 1), 0, kv.length);
        this.#index++;
      } else at = kv ? this.#copyPartOf(kv, target, at, end) : this.#copyEnds(target, at, end);
    }
    return end;
  }

  /** The key that is read, or begun; undefined at the opening and the closing. */
  #next(): StoredKeyValue | undefined {
    // An index that is not there would be looked for as a name is.
    return this.#index >= 0 && this.#index < this.#kvs.length ? this.#kvs[this.#index] : undefined;
  }

  /** As much of a key as there is room for. */
  #copyPartOf(kv: StoredKeyValue, target: Uint8Array, start: number, end: number): number {
    lead[0] = TAG_KVS;
    const leadLength = writeVarint(lead, kv.length, 1);
    let at = start;
    while (this.#at < leadLength && at < end) target[at++] = lead[this.#at++] as number;
    const from = this.#at - leadLength;
    const count = from < 0 ? 0 : Math.min(kv.length - from, end - at);
    this.#at += count;
    if (this.#at === leadLength + kv.length) this.#advance();
    return count === 0 ? at : kv.copyTo(target, at, from, count);
  }

  #copyEnds(target: Uint8Array, start: number, end: number): number {
    const octets = this.#index < 0 ? this.#opening : this.#closing;
    const count = Math.min(octets.length - this.#at, end - start);
    copyOctets(target, start, octets, this.#at, count);
    this.#at += count;
    if (this.#at === octets.length) this.#advance();
    return start + count;
  }

  #advance(): void {
    this.#index++;
    this.#at = 0;
  }
}
