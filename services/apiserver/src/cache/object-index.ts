import type { KeyValue } from "../storage/storage.ts";
import { SortedIndex } from "./sorted-index.ts";
import { StoredObject } from "./stored-object.ts";

/** Called once for each value that turns out to be no object. */
export type OnUndecodable = (key: string, error: unknown) => void;

/** `null`: there is a value, but no object in it. */
type Entry = StoredObject | KeyValue | null;

/**
 * Objects by key, in key order. A value may be put in as the store's octets: it becomes an object when somebody reads it. What proves to be none
 * (someone wrote to the store by hand) is told once, and is not there for whoever reads.
 */
export class ObjectIndex {
  readonly #entries = new SortedIndex<Entry>();
  readonly #onUndecodable: OnUndecodable;
  /** Values that nobody has read yet. */
  #undecoded = 0;
  /** Values that are no objects, as far as is known. */
  #undecodable = 0;

  constructor(onUndecodable: OnUndecodable) {
    this.#onUndecodable = onUndecodable;
  }

  get size(): number {
    return this.#entries.size - this.#undecodable;
  }

  get(key: string): StoredObject | undefined {
    return this.#objectOf(this.#entries.get(key)) ?? undefined;
  }

  /** What stood there before, as an object. */
  set(object: StoredObject): StoredObject | undefined {
    const previous = this.#forget(object.key);
    this.#entries.set(object.key, object);
    return previous;
  }

  /** Replaces everything. Values are kept and must not change; what is no object at first sight is told at once. */
  replace(values: readonly KeyValue[]): void {
    this.#entries.clear();
    this.#undecoded = 0;
    this.#undecodable = 0;
    for (const kv of values) {
      if (looksLikeAnObject(kv.value)) this.#undecoded++;
      else this.#onUndecodable(kv.key, new SyntaxError("the value is no JSON object"));
      this.#entries.set(kv.key, looksLikeAnObject(kv.value) ? kv : this.#countUndecodable());
    }
  }

  delete(key: string): StoredObject | undefined {
    const previous = this.#forget(key);
    this.#entries.delete(key);
    return previous;
  }

  /** As SortedIndex. */
  *scan(prefix: string, startKey?: string): Generator<StoredObject> {
    for (const entry of this.#entries.scan(prefix, startKey)) {
      const object = this.#objectOf(entry);
      if (object) yield object;
    }
  }

  /** Decodes what lies below a prefix, one value a step, for whoever does not want a scan to do it all at once. */
  *decode(prefix: string): Generator<void> {
    if (this.#undecoded === 0) return;
    const waiting = [...this.#entries.scan(prefix)].filter(
      (entry) => entry !== null && !(entry instanceof StoredObject),
    );
    for (const entry of waiting) {
      // It may have been read, replaced or deleted since.
      if (this.#entries.get((entry as KeyValue).key) === entry) this.#objectOf(entry);
      yield;
    }
  }

  /** Takes a key's value out of the counts. */
  #forget(key: string): StoredObject | undefined {
    const entry = this.#entries.get(key);
    const object = this.#objectOf(entry);
    // Decoding may have found just now that it is none.
    if (object === null) this.#undecodable--;
    return object ?? undefined;
  }

  #objectOf(entry: Entry | undefined): StoredObject | null | undefined {
    if (entry === undefined || entry === null || entry instanceof StoredObject) return entry;
    this.#undecoded--;
    const decoded = decodeOrTell(entry, this.#onUndecodable) ?? this.#countUndecodable();
    this.#entries.set(entry.key, decoded);
    return decoded;
  }

  #countUndecodable(): null {
    this.#undecodable++;
    return null;
  }
}

/** Undefined, and told, when there is no object in the value. */
export function decodeOrTell(kv: KeyValue, onUndecodable: OnUndecodable): StoredObject | undefined {
  try {
    return StoredObject.decode(kv);
  } catch (error) {
    onUndecodable(kv.key, error);
    return undefined;
  }
}

const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;

/** Tells text written by hand, protobuf and what cannot be decrypted from what this server writes, at the price of two octets. */
function looksLikeAnObject(value: Uint8Array): boolean {
  return value[0] === BRACE_OPEN && value[value.length - 1] === BRACE_CLOSE;
}
