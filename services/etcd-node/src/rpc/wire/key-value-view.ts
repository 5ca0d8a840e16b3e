import type { KeyValue as KeyValueMessage } from "@drydock/proto/etcd/api/mvccpb/kv";
import type { StoredKeyValue } from "../../backend/key-value-codec.ts";

/** A stored key as a message of the API; its bytes go out as they were stored. */
export class KeyValueView implements KeyValueMessage {
  readonly #stored: StoredKeyValue;

  constructor(stored: StoredKeyValue) {
    this.#stored = stored;
  }

  get encoded(): Buffer {
    return this.#stored.encoded;
  }
  get key(): Buffer {
    return Buffer.from(this.#stored.key, "latin1");
  }
  get value(): Buffer {
    return this.#stored.value;
  }
  get createRevision(): number {
    return this.#stored.createRevision;
  }
  get modRevision(): number {
    return this.#stored.modRevision;
  }
  get version(): number {
    return this.#stored.version;
  }
  get lease(): string {
    return this.#stored.lease;
  }
}

export function encodedOf(kv: KeyValueMessage | undefined): Buffer | undefined {
  return kv instanceof KeyValueView ? kv.encoded : undefined;
}
