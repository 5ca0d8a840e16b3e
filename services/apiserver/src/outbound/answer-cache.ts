const ENTRIES_MAX = 4096;

/** Answers that stay good for a while; the oldest go when there are too many. */
export class AnswerCache<T> {
  readonly #entries = new Map<string, { readonly answer: T; readonly untilMs: number }>();

  get(key: string, nowMs: number): T | undefined {
    const entry = this.#entries.get(key);
    if (entry && entry.untilMs > nowMs) return entry.answer;
    if (entry) this.#entries.delete(key);
    return undefined;
  }

  set(key: string, answer: T, untilMs: number): void {
    this.#entries.delete(key);
    this.#entries.set(key, { answer, untilMs });
    const oldest = this.#entries.keys().next();
    if (this.#entries.size > ENTRIES_MAX && !oldest.done) this.#entries.delete(oldest.value);
  }
}
