import type { RequestInfo } from "../../http/request-info.ts";

type Watched = Pick<RequestInfo, "group" | "resource" | "namespace" | "name">;

/** How many watch what, so that it is known how many a change will be told to. */
export class WatchTracker {
  readonly #counts = new Map<string, number>();

  /** Returns what to call when the watch has ended. */
  register({ group, resource, namespace, name }: Watched): () => void {
    const key = keyOf(group, resource, namespace, name);
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    return () => {
      const left = (this.#counts.get(key) ?? 0) - 1;
      if (left > 0) this.#counts.set(key, left);
      else this.#counts.delete(key);
    };
  }

  interestedIn({ group, resource, namespace, name }: Watched): number {
    const namespaces = namespace === "" ? [""] : ["", namespace];
    const names = name === "" ? [""] : ["", name];
    let sum = 0;
    for (const place of namespaces)
      for (const one of names) sum += this.#counts.get(keyOf(group, resource, place, one)) ?? 0;
    return sum;
  }
}

function keyOf(group: string, resource: string, namespace: string, name: string): string {
  return `${group}/${resource}/${namespace}/${name}`;
}
