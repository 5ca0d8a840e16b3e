import { DYNAMIC_BASE, ENTRY_OVERHEAD, type HeaderField, STATIC_TABLE } from "./static-table.ts";

/** The decoder's table (RFC 7541, section 2.3): static entries, then those added last first. */
export class DynamicTable {
  /** Counts every change: what was decoded without one stays true as long as the count does. */
  revision = 0;
  /** Newest last. */
  readonly #entries: HeaderField[] = [];
  #first = 0;
  #size = 0;
  #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#size;
  }

  at(index: number): HeaderField | undefined {
    if (index < DYNAMIC_BASE) return STATIC_TABLE[index - 1];
    const position = this.#entries.length - 1 - (index - DYNAMIC_BASE);
    return position < this.#first ? undefined : this.#entries[position];
  }

  add(field: HeaderField): void {
    this.revision++;
    this.#entries.push(field);
    this.#size += sizeOf(field);
    this.#evict();
  }

  resize(capacity: number): void {
    if (capacity === this.#capacity) return;
    this.revision++;
    this.#capacity = capacity;
    this.#evict();
  }

  #evict(): void {
    while (this.#size > this.#capacity) this.#size -= sizeOf(this.#entries[this.#first++] as HeaderField);
    if (this.#first < 64 || this.#first * 2 < this.#entries.length) return;
    this.#entries.splice(0, this.#first);
    this.#first = 0;
  }
}

function sizeOf([name, value]: HeaderField): number {
  return name.length + value.length + ENTRY_OVERHEAD;
}
