import type { Int64 } from "@drydock/apimachinery";
/**
 * Writes the protobuf wire format from its end: what a length prefix counts is there before the prefix, so nothing is measured
 * twice. One writer serves many messages, one after the other.
 */
export class ProtobufWriter {
  #bytes: Buffer;
  #at: number;

  constructor(capacity = 64 * 1024) {
    this.#bytes = Buffer.allocUnsafe(capacity);
    this.#at = capacity;
  }

  /** Where the next byte goes in front of; lengths are differences of positions. */
  get length(): number {
    return this.#bytes.length - this.#at;
  }

  /** A copy of what was written; the writer starts anew. */
  finish(): Buffer {
    const written = Buffer.from(this.#bytes.subarray(this.#at));
    this.#at = this.#bytes.length;
    return written;
  }

  /** Forgets what was written. */
  reset(): void {
    this.#at = this.#bytes.length;
  }

  tag(field: number, wireType: number): void {
    this.varint(field * 8 + wireType);
  }

  /** Signed numbers take ten bytes when negative, as int32 and int64 do. */
  varint(value: Int64): void {
    if (typeof value === "bigint" || value < 0 || value > Number.MAX_SAFE_INTEGER) {
      this.#bigVarint(BigInt.asUintN(64, BigInt(value)));
      return;
    }
    let size = 1;
    for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size += 1;
    this.#reserve(size);
    let at = this.#at;
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#bytes[at++] = (rest % 0x80) + 0x80;
    this.#bytes[at] = rest;
  }

  text(text: string): void {
    const size = Buffer.byteLength(text);
    this.#reserve(size);
    this.#bytes.write(text, this.#at, "utf8");
    this.varint(size);
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.varint(bytes.length);
  }

  double(value: number): void {
    this.#reserve(8);
    this.#bytes.writeDoubleLE(value, this.#at);
  }

  #bigVarint(value: bigint): void {
    const bytes: number[] = [];
    let rest = value;
    for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) + 0x80);
    bytes.push(Number(rest));
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#at);
  }

  #reserve(size: number): void {
    if (this.#at < size) {
      const grown = Buffer.allocUnsafe(2 * this.#bytes.length + size);
      const start = grown.length - this.length;
      this.#bytes.copy(grown, start, this.#at);
      this.#bytes = grown;
      this.#at = start;
    }
    this.#at -= size;
  }
}
