/**
 * Records by where they lie: spans of slabs. A list of these keeps nothing for each of them but three entries; a view for each, of a hundred octets, would
 * live as long as the list, which is too long for V8's collection of what is young.
 */
export class RecordSpans {
  readonly #slabs: Buffer[] = [];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  push(slab: Buffer, start: number, end: number): void {
    this.#slabs.push(slab);
    this.#starts.push(start);
    this.#ends.push(end);
  }

  slabAt(index: number): Buffer {
    return this.#slabs[index] as Buffer;
  }
  startAt(index: number): number {
    return this.#starts[index] as number;
  }
  endAt(index: number): number {
    return this.#ends[index] as number;
  }
}
