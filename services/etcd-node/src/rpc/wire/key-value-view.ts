import type { KeyValue as KeyValueMessage } from "@drydock/proto/etcd/api/mvccpb/kv";
import type { StoredKeyValue } from "../../backend/key-value-codec.ts";

/** A stored key as a message of the API; its bytes go out as they were stored. */
export class KeyValueView implements KeyValueMessage {
  readonly #stored: StoredKeyValue;

  constructor(stored: StoredKeyValue) {
    this.#stored = stored;
  }

  /** Undefined for a message of another kind. */
  static storedOf(kv: KeyValueMessage): StoredKeyValue | undefined {
    return kv instanceof KeyValueView ? kv.#stored : undefined;
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
