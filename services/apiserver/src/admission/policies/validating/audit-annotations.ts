import type { CallContext } from "../../../registry/call.ts";

const VALUE_BYTES_MAX = 10 * 1024;

/** What policies note of a request: the values that different parameters lead to stand side by side. */
export class AuditAnnotations {
  readonly #values = new Map<string, Set<string>>();

  add(policy: string, key: string, value: string): void {
    const id = `${policy}/${key}`;
    const values = this.#values.get(id) ?? new Set();
    this.#values.set(id, values.add(Buffer.from(value).subarray(0, VALUE_BYTES_MAX).toString("utf8")));
  }

  publish({ annotate }: CallContext): void {
    for (const [id, values] of this.#values) annotate?.(id, [...values].join(", "));
  }
}
