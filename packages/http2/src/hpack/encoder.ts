import { huffmanLength, writeHuffman } from "./huffman.ts";
import { DYNAMIC_BASE, ENTRY_OVERHEAD, type HeaderField, STATIC_TABLE } from "./static-table.ts";

/** Fields worth a place in the peer's table: they come with almost every answer, and their values are few. */
const INDEXED_NAMES = new Set([
  "content-type",
  "grpc-accept-encoding",
  "grpc-encoding",
  "grpc-status",
  "server",
  "user-agent",
]);
const INDEXED_FIELDS = new Set(["grpc-message: OK", "grpc-message: ", "te: trailers"]);
/** An intermediary must not keep these either (RFC 7541, section 7.1.3). */
const NEVER_INDEXED = new Set(["authorization", "cookie", "proxy-authorization", "set-cookie"]);
const INDEXED_LENGTH_MAX = 64;
const COLON = 0x3a;

const STATIC_FIELDS = new Map(STATIC_TABLE.map(([name, value], index) => [`${name}: ${value}`, index + 1]));
const STATIC_NAMES = new Map(STATIC_TABLE.map(([name], index) => [name, index + 1] as const).reverse());

/** A value of a header as users write it. */
export type HeaderValue = string | number | readonly string[] | undefined;
export type OutgoingHeaders = Readonly<Record<string, HeaderValue>>;

/**
 * Encodes header lists of one connection, in the order they are sent. Its part of the peer's table is filled once and never evicted, so that an
 * entry keeps its distance from the table's end and the usual answer is one octet a field. Also takes names the caller wants indexed.
 */
export class HpackEncoder {
  /** By name, then by value: the ordinal of the entry. Nested, so that a lookup builds no key. */
  readonly #entries = new Map<string, Map<string, number>>();
  readonly #alsoIndexed: ReadonlySet<string>;
  #count = 0;
  #size = 0;
  #capacity: number;
  #announced: number | undefined;
  #wasEmptied = false;
  #target: Uint8Array = new Uint8Array(512);
  #position = 0;

  constructor(capacity = 4096, alsoIndexed: readonly string[] = []) {
    this.#capacity = capacity;
    this.#alsoIndexed = new Set(alsoIndexed);
  }

  /** Whether the next block must begin by telling the peer of the table's size. */
  get owesUpdate(): boolean {
    return this.#announced !== undefined;
  }

  /** The peer's SETTINGS_HEADER_TABLE_SIZE. Ours stays below 4096 whatever it allows. */
  resize(capacity: number): void {
    const next = Math.min(capacity, 4096);
    if (next === this.#capacity) return;
    if (next < this.#size) this.#forget();
    this.#capacity = next;
    this.#announced = next;
  }

  /** The encoded block, pseudo-headers first; valid until the next call. Names must be in lower case. */
  encode(headers: OutgoingHeaders): Uint8Array {
    this.#begin();
    const status = headers[":status"];
    if (status !== undefined) this.#writeField(":status", String(status));
    for (const name in headers) {
      const value = headers[name];
      if (name.charCodeAt(0) === COLON) continue;
      if (typeof value === "string") this.#writeField(name, value);
      else if (typeof value === "number") this.#writeField(name, String(value));
      else if (value !== undefined) for (const each of value) this.#writeField(name, each);
    }
    return this.#target.subarray(0, this.#position);
  }

  encodeFields(fields: readonly HeaderField[]): Uint8Array {
    this.#begin();
    for (const [name, value] of fields) this.#writeField(name, value);
    return this.#target.subarray(0, this.#position);
  }

  /** A size of nothing empties the peer's table too; the final size follows it. */
  #forget(): void {
    this.#entries.clear();
    this.#count = 0;
    this.#size = 0;
    this.#wasEmptied = true;
  }

  #begin(): void {
    this.#position = 0;
    if (this.#announced === undefined) return;
    if (this.#wasEmptied) this.#writeInteger(0x20, 5, 0);
    this.#writeInteger(0x20, 5, this.#announced);
    this.#wasEmptied = false;
    this.#announced = undefined;
  }

  #writeField(name: string, value: string): void {
    const ordinal = this.#entries.get(name)?.get(value);
    if (ordinal !== undefined) return this.#writeInteger(0x80, 7, DYNAMIC_BASE + this.#count - 1 - ordinal);
    const known = STATIC_FIELDS.get(`${name}: ${value}`);
    if (known !== undefined) return this.#writeInteger(0x80, 7, known);
    if (this.#isWorthATablePlace(name, value)) {
      this.#writeLiteral(0x40, 6, name, value);
      this.#remember(name, value);
    } else this.#writeLiteral(NEVER_INDEXED.has(name) ? 0x10 : 0, 4, name, value);
  }

  #isWorthATablePlace(name: string, value: string): boolean {
    const isWanted = INDEXED_NAMES.has(name) || INDEXED_FIELDS.has(`${name}: ${value}`) || this.#alsoIndexed.has(name);
    return isWanted && value.length <= INDEXED_LENGTH_MAX && this.#size + sizeOf(name, value) <= this.#capacity;
  }

  #remember(name: string, value: string): void {
    const values = this.#entries.get(name);
    if (values) values.set(value, this.#count);
    else this.#entries.set(name, new Map([[value, this.#count]]));
    this.#count++;
    this.#size += sizeOf(name, value);
  }

  #writeLiteral(pattern: number, prefixBits: number, name: string, value: string): void {
    const index = STATIC_NAMES.get(name) ?? 0;
    this.#writeInteger(pattern, prefixBits, index);
    if (index === 0) this.#writeString(name);
    this.#writeString(value);
  }

  #writeInteger(pattern: number, prefixBits: number, value: number): void {
    this.#reserve(6);
    const mask = (1 << prefixBits) - 1;
    if (value < mask) {
      this.#target[this.#position++] = pattern | value;
      return;
    }
    this.#target[this.#position++] = pattern | mask;
    let rest = value - mask;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#target[this.#position++] = (rest & 0x7f) | 0x80;
    this.#target[this.#position++] = rest;
  }

  /** Coded when that is shorter. Beyond Latin-1 there is no octet for a character; it goes as UTF-8. */
  #writeString(text: string): void {
    const octets = isLatin1(text) ? text : Buffer.from(text).toString("latin1");
    const coded = huffmanLength(octets);
    const isCoded = coded < octets.length;
    const length = isCoded ? coded : octets.length;
    this.#writeInteger(isCoded ? 0x80 : 0, 7, length);
    this.#reserve(length);
    if (isCoded) writeHuffman(octets, this.#target, this.#position);
    else for (let index = 0; index < length; index++) this.#target[this.#position + index] = octets.charCodeAt(index);
    this.#position += length;
  }

  #reserve(length: number): void {
    if (this.#position + length <= this.#target.length) return;
    const larger = new Uint8Array(Math.max(this.#target.length * 2, this.#position + length));
    larger.set(this.#target);
    this.#target = larger;
  }
}

function sizeOf(name: string, value: string): number {
  return name.length + value.length + ENTRY_OVERHEAD;
}

function isLatin1(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0xff) return false;
  return true;
}
