/** A message: in one place, or in several. */
export type Message = Uint8Array | readonly Uint8Array[] | Pieces;

/**
 * Content that lies in several places and is read once, from the first octet to the last. The pieces must not change until then. A piece is a span of a
 * buffer: many short ones may lie in one, and cost no view each.
 */
export class Pieces {
  readonly #sources: Uint8Array[];
  readonly #starts: number[];
  readonly #ends: number[];
  #length = 0;
  #piece = 0;
  #at = 0;

  constructor(pieces: readonly Uint8Array[] = []) {
    this.#sources = [NOTHING];
    this.#starts = [0];
    this.#ends = [0];
    for (const piece of pieces) this.add(piece);
  }

  get length(): number {
    return this.#length;
  }

  add(source: Uint8Array, start = 0, end = source.length): void {
    this.#sources.push(source);
    this.#starts.push(start);
    this.#ends.push(end);
    this.#length += end - start;
  }

  /** Goes before all others; once, and before anything is copied. */
  setHead(head: Uint8Array): void {
    this.#sources[0] = head;
    this.#ends[0] = head.length;
    this.#length += head.length;
  }

  /** Copies the next octets to the target; there must be so many left. Returns where they end there. */
  copyTo(target: Uint8Array, start: number, octets: number): number {
    const end = start + octets;
    let at = start;
    while (at < end) {
      const from = this.#at;
      const left = (this.#ends[this.#piece] as number) - from;
      const count = Math.min(left, end - at);
      copyOctets(target, at, this.#sources[this.#piece] as Uint8Array, from, count);
      at += count;
      this.#at = from + count;
      if (count === left) this.#at = this.#starts[++this.#piece] ?? 0;
    }
    return end;
  }
}

const NOTHING = new Uint8Array(0);

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
