import type { RevisionPair } from "@drydock/mvcc";

/** Values by revision, up to a number of bytes; the oldest additions go first. A revision's value never changes. */
export class RecentValues {
  readonly #values = new Map<number | string, Buffer>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get(at: RevisionPair): Buffer | undefined {
    return this.#values.get(nameOf(at));
  }

  put(at: RevisionPair, bytes: Buffer): void {
    const name = nameOf(at);
    if (this.#values.has(name)) return;
    this.#values.set(name, bytes);
    this.#bytes += bytes.length;
    while (this.#bytes > this.#maxBytes) this.#dropOldest();
  }

  #dropOldest(): void {
    const [oldest, bytes] = this.#values.entries().next().value as [number | string, Buffer];
    this.#values.delete(oldest);
    this.#bytes -= bytes.length;
  }
}

/** Nearly all transactions change one key only. */
function nameOf({ main, sub }: RevisionPair): number | string {
  return sub === 0 ? main : `${main}.${sub}`;
}
