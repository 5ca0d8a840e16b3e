/** A message: in one place, in several, or put together while it is sent. */
export type Message = Uint8Array | readonly Uint8Array[] | OctetSource;

/** Content that is read once, from the first octet to the last, in parts of whatever size there is room for. What it is made of must not change until then. */
export abstract class OctetSource {
  /** Of all of it, however much was read. */
  abstract readonly length: number;

  /** Copies the next octets to the target; there must be so many left. Returns where they end there. */
  abstract copyTo(target: Uint8Array, start: number, octets: number): number;
}

/** What lies in several places. */
export class Pieces extends OctetSource {
  readonly #pieces: readonly Uint8Array[];
  readonly length: number;
  #piece = 0;
  /** Where the next octet lies in that piece. */
  #at = 0;

  constructor(pieces: readonly Uint8Array[]) {
    super();
    this.#pieces = pieces;
    this.length = octetsOf(pieces);
  }

  copyTo(target: Uint8Array, start: number, octets: number): number {
    const end = start + octets;
    let at = start;
    while (at < end) {
      const piece = this.#pieces[this.#piece] as Uint8Array;
      const count = Math.min(piece.length - this.#at, end - at);
      copyOctets(target, at, piece, this.#at, count);
      at += count;
      this.#at += count;
      if (this.#at < piece.length) return end;
      this.#piece++;
      this.#at = 0;
    }
    return end;
  }
}

/** One source behind a few octets. */
export class Headed extends OctetSource {
  readonly #head: Uint8Array;
  readonly #rest: OctetSource;
  readonly length: number;
  /** How much of the head was read. */
  #at = 0;

  constructor(head: Uint8Array, rest: OctetSource) {
    super();
    this.#head = head;
    this.#rest = rest;
    this.length = head.length + rest.length;
  }

  copyTo(target: Uint8Array, start: number, octets: number): number {
    const ofHead = Math.min(this.#head.length - this.#at, octets);
    copyOctets(target, start, this.#head, this.#at, ofHead);
    this.#at += ofHead;
    return this.#rest.copyTo(target, start + ofHead, octets - ofHead);
  }
}

export function octetsOf(pieces: readonly Uint8Array[]): number {
  let octets = 0;
  for (const piece of pieces) octets += piece.length;
  return octets;
}

/** Beneath this a loop is faster than a call out of JavaScript. */
const LOOP_OCTETS_MAX = 48;

export function copyOctets(target: Uint8Array, at: number, source: Uint8Array, start: number, count: number): void {
  if (count <= LOOP_OCTETS_MAX)
    for (let index = 0; index < count; index++) target[at + index] = source[start + index] as number;
  else target.set(start === 0 && count === source.length ? source : source.subarray(start, start + count), at);
}
