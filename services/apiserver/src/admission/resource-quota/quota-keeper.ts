import { internal, type KubeObject } from "@drydock/apimachinery";
import type { V1ResourceQuota } from "@drydock/kube-api";
import { formatAmounts, judge, type QuotaRequest } from "@drydock/resource-usage";
import { encodeForStorage, StoredObject } from "../../cache/stored-object.ts";
import { keyPrefixOf, type ResourceStore } from "../../registry/registry.ts";

/** A quota that others keep changing is tried again this often with what it has become. */
const attemptsMax = 4;

interface Booking {
  readonly request: QuotaRequest;
  readonly isDryRun: boolean;
  /** Upstream's words, when some quota has no room. */
  refusal: string | undefined;
  readonly done: PromiseWithResolvers<string | undefined>;
}

/**
 * Books requests into the quotas of their namespace. Those that wait together are judged one after another and written in one
 * guarded write a quota, so that a thousand creates at once do not fight over one key.
 */
export class QuotaKeeper {
  readonly #store: ResourceStore;
  readonly #waiting = new Map<string, Booking[]>();
  /** What was written here, until the cache has it: else every second batch would be judged by what is past. */
  readonly #written = new Map<string, StoredObject>();

  constructor(store: ResourceStore) {
    this.#store = store;
  }

  hasQuotas(namespace: string): boolean {
    return !this.#quotasIn(namespace).next().done;
  }

  quotasOf(namespace: string): V1ResourceQuota[] {
    return [...this.#quotasIn(namespace)].map((cached) => this.#newest(cached).object as V1ResourceQuota);
  }

  /** Undefined when every quota has room, and the use is booked; else why not. Rejects when it cannot be booked. */
  book(namespace: string, request: QuotaRequest, isDryRun: boolean): Promise<string | undefined> {
    const booking: Booking = { request, isDryRun, refusal: undefined, done: Promise.withResolvers() };
    const queue = this.#waiting.get(namespace);
    if (queue) queue.push(booking);
    else {
      this.#waiting.set(namespace, [booking]);
      void this.#work(namespace);
    }
    return booking.done.promise;
  }

  #quotasIn(namespace: string): Generator<StoredObject> {
    return this.#store.cache.scan(keyPrefixOf(this.#store.definition, namespace));
  }

  #newest(cached: StoredObject): StoredObject {
    const written = this.#written.get(cached.key);
    if (written && written.revision > cached.revision) return written;
    this.#written.delete(cached.key);
    return cached;
  }

  /** Runs until nobody waits any more in this namespace. */
  async #work(namespace: string): Promise<void> {
    // Who comes in the same turn goes into the same write.
    await Promise.resolve();
    for (let batch = this.#take(namespace); batch.length > 0; batch = this.#take(namespace)) {
      try {
        const quotas = [...this.#quotasIn(namespace)].map((cached) => this.#newest(cached));
        await this.#bookAll(quotas, batch, attemptsMax);
        for (const { done, refusal } of batch) done.resolve(refusal);
      } catch (error) {
        for (const { done } of batch) done.reject(error);
      }
    }
    this.#waiting.delete(namespace);
    for (const key of this.#written.keys()) if (!this.#store.cache.get(key)) this.#written.delete(key);
  }

  /** The queue stays while there is work: its being there says that somebody works. */
  #take(namespace: string): Booking[] {
    return this.#waiting.get(namespace)?.splice(0) ?? [];
  }

  /** The quotas that were written stay written when others turn out to have changed; those alone are judged again. */
  async #bookAll(quotas: readonly StoredObject[], batch: readonly Booking[], attemptsLeft: number): Promise<void> {
    const changed = judgeAll(quotas, batch);
    const results = await Promise.all(changed.map(([stored, quota]) => this.#write(stored, quota)));
    const lost = results.filter((result) => result !== undefined);
    if (lost.length === 0) return;
    if (attemptsLeft <= 1)
      throw internal(`unable to update the quota ${lost[0]?.object.metadata.name}: it keeps changing`);
    await this.#bookAll(lost, batch, attemptsLeft - 1);
  }

  /** What is in the store now, when that is not what the quota was judged by; undefined when it is written, or is gone. */
  async #write(stored: StoredObject, quota: V1ResourceQuota): Promise<StoredObject | undefined> {
    const { storage } = this.#store.registry.ports;
    const result = await storage.update(stored.key, encodeForStorage(quota), stored.revision);
    if (result.ok) {
      const metadata = { ...quota.metadata, resourceVersion: String(result.revision) };
      this.#written.set(
        stored.key,
        new StoredObject(stored.key, result.revision, { ...quota, metadata } as KubeObject),
      );
    }
    if (result.ok || !result.current) return undefined;
    return StoredObject.decode(result.current);
  }
}

/** Every booking against every quota, each on top of those before it: a refused one, or one for show, leaves nothing behind. */
function judgeAll(quotas: readonly StoredObject[], batch: readonly Booking[]): [StoredObject, V1ResourceQuota][] {
  const now = quotas.map(({ object }) => object as V1ResourceQuota);
  const changed = new Set<number>();
  for (const booking of batch) {
    if (booking.refusal !== undefined) continue;
    const verdicts = now.map((quota) => judge(quota, booking.request));
    const refused = verdicts.find(({ kind }) => kind === "refused");
    if (refused?.kind === "refused") {
      booking.refusal = refused.message;
      continue;
    }
    if (booking.isDryRun) continue;
    verdicts.forEach((verdict, index) => {
      const quota = now[index] as V1ResourceQuota;
      if (verdict.kind !== "allowed") return;
      now[index] = { ...quota, status: { ...quota.status, used: formatAmounts(verdict.used) } };
      changed.add(index);
    });
  }
  return [...changed].map((index) => [quotas[index] as StoredObject, now[index] as V1ResourceQuota]);
}
