import { type KubeObject, parseExactJson, stringifyJson } from "@drydock/apimachinery";
import type { KeyValue, Revision } from "../storage/storage.ts";

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/**
 * One version of one object, shared by every list, watch and get that serves it. `object` carries its resourceVersion and
 * must never be changed: whoever wants to change it clones it first. Encodings are made once and kept with the object.
 */
export class StoredObject {
  readonly key: string;
  readonly revision: Revision;
  readonly object: KubeObject;
  /** See KeyValue. */
  readonly isStale: boolean;
  #encodings: Map<string, unknown> | undefined;
  #departed: StoredObject | undefined;

  constructor(key: string, revision: Revision, object: KubeObject, isStale = false) {
    this.key = key;
    this.revision = revision;
    this.object = object;
    this.isStale = isStale;
  }

  static decode(kv: KeyValue): StoredObject {
    const object = parseExactJson(decoder.decode(kv.value)) as KubeObject;
    object.metadata.resourceVersion = String(kv.modRevision);
    return new StoredObject(kv.key, kv.modRevision, object, kv.isStale);
  }

  /** The encoding called `name`, made by `encode` the first time it is asked for. */
  encoding<E>(name: string, encode: (object: KubeObject) => E): E {
    this.#encodings ??= new Map();
    let encoded = this.#encodings.get(name) as E | undefined;
    if (encoded === undefined) {
      encoded = encode(this.object);
      this.#encodings.set(name, encoded);
    }
    return encoded;
  }

  hasEncoding(name: string): boolean {
    return this.#encodings?.has(name) ?? false;
  }

  /** The same content under a later revision: how an object looks in the event of its own deletion. */
  departedAt(revision: Revision): StoredObject {
    if (this.#departed?.revision !== revision) {
      const metadata = { ...this.object.metadata, resourceVersion: String(revision) };
      this.#departed = new StoredObject(this.key, revision, { ...this.object, metadata });
    }
    return this.#departed;
  }
}

/** What goes into the store: the object without its resourceVersion, which the store itself provides. */
export function encodeForStorage(object: KubeObject): Uint8Array {
  const { resourceVersion: _, ...metadata } = object.metadata;
  return encoder.encode(stringifyJson({ ...object, metadata }));
}
