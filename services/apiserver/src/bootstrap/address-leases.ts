import type { Storage } from "../storage/storage.ts";

const PREFIX = "/registry/masterleases/";

interface Sighting {
  readonly revision: number;
  readonly sinceMs: number;
}

/**
 * Which servers are alive, by address. Each renews a key of its own; one whose key has not changed for a while, by the clock of whoever
 * looks, is dead, and its key is removed. No two clocks are compared.
 */
export class AddressLeases {
  readonly #storage: Storage;
  readonly #lifeMs: number;
  readonly #seen = new Map<string, Sighting>();

  constructor(storage: Storage, lifeMs: number) {
    this.#storage = storage;
    this.#lifeMs = lifeMs;
  }

  async renew(address: string): Promise<void> {
    const key = PREFIX + address;
    const value = Buffer.from(
      JSON.stringify({
        kind: "Endpoints",
        apiVersion: "v1",
        metadata: {},
        subsets: [{ addresses: [{ ip: address }] }],
      }),
    );
    const { kv } = await this.#storage.get(key);
    // Whoever else wrote it meanwhile said the same.
    if (kv) await this.#storage.update(key, value, kv.modRevision);
    else await this.#storage.create(key, value);
  }

  async withdraw(address: string): Promise<void> {
    const { kv } = await this.#storage.get(PREFIX + address);
    if (kv) await this.#storage.delete(kv.key, kv.modRevision);
  }

  /** The addresses of servers that live, sorted. */
  async live(nowMs: number): Promise<string[]> {
    const { items } = await this.#storage.list(PREFIX);
    const live: string[] = [];
    for (const { key, modRevision } of items) {
      const before = this.#seen.get(key);
      if (before?.revision !== modRevision) this.#seen.set(key, { revision: modRevision, sinceMs: nowMs });
      else if (nowMs - before.sinceMs >= this.#lifeMs) {
        const { ok } = await this.#storage.delete(key, modRevision);
        if (ok) continue;
      }
      live.push(key.slice(PREFIX.length));
    }
    return live.sort();
  }
}
