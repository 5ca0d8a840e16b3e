import { type Int64, toInt64 } from "@drydock/apimachinery";
/** Reads the protobuf wire format: varints, fixed numbers, length-delimited fields. Throws RangeError in the words of Go's decoders. */
export class ProtobufReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** Field number and wire type. */
  tag(): { field: number; wireType: number } {
    const tag = this.varint();
    return { field: Math.floor(tag / 8), wireType: ((tag % 8) + 8) % 8 };
  }

  /** For lengths and the like: beyond 2^53 it is rounded. */
  varint(): number {
    return Number(this.int64());
  }

  /** As a signed number of 64 bits. */
  int64(): Int64 {
    let value = 0;
    let scale = 1;
    for (let size = 0; size < 7; size++, scale *= 0x80) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    return this.#longVarint(value);
  }

  bytes(): Uint8Array {
    const length = this.varint();
    if (length < 0) throw new RangeError("proto: negative length found during unmarshaling");
    return this.#take(length);
  }

  double(): number {
    const bytes = this.#take(8);
    return new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0, true);
  }

  skip(wireType: number): void {
    if (wireType === 0) this.varint();
    else if (wireType === 1) this.#take(8);
    else if (wireType === 2) this.bytes();
    else if (wireType === 5) this.#take(4);
    else if (wireType === 4) throw new RangeError("proto: unexpected end of group");
    else throw new RangeError(`proto: illegal wireType ${wireType}`);
  }

  /** The 49 bits that are read already are in `low`. */
  #longVarint(low: number): Int64 {
    let value = BigInt(low);
    for (let shift = 49n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return toInt64(BigInt.asIntN(64, value));
    }
    throw new RangeError("proto: integer overflow");
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new RangeError("unexpected EOF");
    this.#at += 1;
    return byte;
  }

  #take(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length) throw new RangeError("unexpected EOF");
    const taken = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return taken;
  }
}
