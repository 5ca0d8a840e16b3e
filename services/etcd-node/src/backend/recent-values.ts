import type { RevisionPair } from "@drydock/mvcc";

/** Values by revision, up to a number of bytes: the older half goes when the younger is full. A revision's value never changes. */
export class RecentValues {
  readonly #halfBytes: number;
  #young = new Map<number | string, Buffer>();
  #old: ReadonlyMap<number | string, Buffer> = new Map();
  #youngBytes = 0;

  constructor(maxBytes: number) {
    this.#halfBytes = maxBytes / 2;
  }

  get(at: RevisionPair): Buffer | undefined {
    const name = nameOf(at);
    return this.#young.get(name) ?? this.#old.get(name);
  }

  put(at: RevisionPair, bytes: Buffer): void {
    this.#young.set(nameOf(at), bytes);
    this.#youngBytes += bytes.length;
    if (this.#youngBytes < this.#halfBytes) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngBytes = 0;
  }
}

/** Nearly all transactions change one key only. */
function nameOf({ main, sub }: RevisionPair): number | string {
  return sub === 0 ? main : `${main}.${sub}`;
}
