import { DynamicTable } from "./dynamic-table.ts";
import { readHuffman } from "./huffman.ts";
import { ENTRY_OVERHEAD, type HeaderField } from "./static-table.ts";

/** What a block held: fields in order, or that they were more than is allowed; a broken block has broken the connection. */
export type DecodedBlock =
  | { readonly is: "fields"; readonly fields: readonly HeaderField[] }
  | { readonly is: "too-large" }
  | { readonly is: "broken"; readonly reason: string };

/** No integer of a block may need more octets than this: four lead to some 2^28, far beyond every limit. */
const INTEGER_OCTETS_MAX = 4;
const TOO_LARGE: DecodedBlock = { is: "too-large" };

/** Decodes header blocks of one connection, in the order they came (RFC 7541). Strings hold one octet a character. */
export class HpackDecoder {
  readonly table: DynamicTable;
  readonly #listSizeMax: number;
  readonly #capacityMax: number;
  #source: Uint8Array = new Uint8Array(0);
  #position = 0;
  #end = 0;
  #listSize = 0;

  /** `tableSize` is what our settings announce, `listSizeMax` what a decoded list may count (RFC 9113, section 6.5.2). */
  constructor(tableSize: number, listSizeMax: number) {
    this.table = new DynamicTable(tableSize);
    this.#capacityMax = tableSize;
    this.#listSizeMax = listSizeMax;
  }

  decode(source: Uint8Array, start: number, end: number): DecodedBlock {
    this.#source = source;
    this.#position = start;
    this.#end = end;
    this.#listSize = 0;
    const fields: HeaderField[] = [];
    let mayResize = true;
    while (this.#position < this.#end) {
      const octet = source[this.#position] as number;
      const isResize = (octet & 0xe0) === 0x20;
      const problem = isResize ? this.#readResize(mayResize) : this.#readField(octet, fields);
      if (problem !== undefined) return { is: "broken", reason: problem };
      mayResize &&= isResize;
    }
    return this.#listSize > this.#listSizeMax ? TOO_LARGE : { is: "fields", fields };
  }

  #readResize(isAllowed: boolean): string | undefined {
    const capacity = this.#readInteger(5);
    if (!isAllowed) return "a table size update after a field";
    if (capacity < 0 || capacity > this.#capacityMax) return "a table size above the announced one";
    this.table.resize(capacity);
    return undefined;
  }

  #readField(octet: number, fields: HeaderField[]): string | undefined {
    if (octet & 0x80) {
      const field = this.table.at(this.#readInteger(7));
      if (!field) return "an index beyond the tables";
      this.#take(field, fields);
      return undefined;
    }
    const isAdded = (octet & 0x40) !== 0;
    const field = this.#readLiteral(isAdded ? 6 : 4);
    if (typeof field === "string") return field;
    this.#take(field, fields);
    if (isAdded) this.table.add(field);
    return undefined;
  }

  #readLiteral(prefixBits: number): HeaderField | string {
    const index = this.#readInteger(prefixBits);
    if (index < 0) return "an integer too long";
    const name = index === 0 ? this.#readString() : this.table.at(index)?.[0];
    if (name === undefined) return index === 0 ? "a broken name" : "an index beyond the tables";
    const value = this.#readString();
    return value === undefined ? "a broken value" : [name, value];
  }

  /** Beyond the limit fields still count and still enter the table, but are not kept. */
  #take(field: HeaderField, fields: HeaderField[]): void {
    this.#listSize += field[0].length + field[1].length + ENTRY_OVERHEAD;
    if (this.#listSize <= this.#listSizeMax) fields.push(field);
  }

  /** −1 when it is cut short or too long. */
  #readInteger(prefixBits: number): number {
    const mask = (1 << prefixBits) - 1;
    if (this.#position >= this.#end) return -1;
    let value = (this.#source[this.#position++] as number) & mask;
    if (value < mask) return value;
    for (let octets = 0; octets < INTEGER_OCTETS_MAX && this.#position < this.#end; octets++) {
      const octet = this.#source[this.#position++] as number;
      value += (octet & 0x7f) * 2 ** (7 * octets);
      if (octet < 0x80) return value;
    }
    return -1;
  }

  #readString(): string | undefined {
    if (this.#position >= this.#end) return undefined;
    const isCoded = ((this.#source[this.#position] as number) & 0x80) !== 0;
    const length = this.#readInteger(7);
    const start = this.#position;
    if (length < 0 || length > this.#end - start) return undefined;
    this.#position = start + length;
    return isCoded ? readHuffman(this.#source, start, this.#position) : readOctets(this.#source, start, this.#position);
  }
}

function readOctets(source: Uint8Array, start: number, end: number): string {
  return Buffer.from(source.buffer, source.byteOffset + start, end - start).toString("latin1");
}
