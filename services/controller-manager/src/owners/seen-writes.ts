import type { KubeObject } from "@drydock/apimachinery";

/** What we wrote last of each object, so that a cache that is behind our own writes is known for it. */
export class SeenWrites {
  readonly #last = new Map<string, { readonly uid: string | undefined; readonly revision: bigint }>();

  note(key: string, { metadata }: KubeObject): void {
    this.#last.set(key, { uid: metadata.uid, revision: BigInt(metadata.resourceVersion ?? 0) });
  }

  /** Whether `cached` is at least as new as what was written; one of the same name that came later is. */
  areSeen(key: string, { metadata }: KubeObject): boolean {
    const last = this.#last.get(key);
    return !last || last.uid !== metadata.uid || BigInt(metadata.resourceVersion ?? 0) >= last.revision;
  }

  forget(key: string): void {
    this.#last.delete(key);
  }
}
