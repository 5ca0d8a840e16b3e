/** Content that lies in several places and is read once, from the first octet to the last. The pieces must not change until then. */
export class Pieces {
  readonly length: number;
  readonly #pieces: readonly Uint8Array[];
  #piece = 0;
  #at = 0;

  constructor(pieces: readonly Uint8Array[]) {
    this.#pieces = pieces;
    this.length = octetsOf(pieces);
  }

  /** Copies the next octets to the target; there must be so many left. Returns where they end there. */
  copyTo(target: Uint8Array, start: number, octets: number): number {
    const end = start + octets;
    let at = start;
    while (at < end) {
      const piece = this.#pieces[this.#piece] as Uint8Array;
      const count = Math.min(piece.length - this.#at, end - at);
      copyOctets(target, at, piece, this.#at, count);
      at += count;
      this.#at += count;
      if (this.#at === piece.length) {
        this.#piece++;
        this.#at = 0;
      }
    }
    return end;
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
