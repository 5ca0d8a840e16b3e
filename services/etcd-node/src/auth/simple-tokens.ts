interface Token {
  readonly user: string;
  usedAtMs: number;
}

/** A member on which no token is ever used would keep them all: the least recently used give way. */
const MAX_TOKENS = 50_000;

/** Tokens that mean something only because every member remembers whose they are; each use gives them their whole time again. */
export class SimpleTokens {
  /** The least recently used first. */
  readonly #tokens = new Map<string, Token>();

  assign(token: string, user: string, nowMs: number): void {
    const oldest = this.#tokens.size < MAX_TOKENS ? undefined : this.#tokens.keys().next().value;
    if (oldest !== undefined) this.#tokens.delete(oldest);
    this.#tokens.set(token, { user, usedAtMs: nowMs });
  }

  /** Whose it is; undefined when nobody's, or its time is over. */
  userOf(token: string, nowMs: number, ttlMs: number): string | undefined {
    this.#forgetExpired(nowMs - ttlMs);
    const found = this.#tokens.get(token);
    if (!found) return undefined;
    found.usedAtMs = nowMs;
    this.#tokens.delete(token);
    this.#tokens.set(token, found);
    return found.user;
  }

  /** No token of this user is good any more. */
  invalidate(user: string): void {
    for (const [token, { user: owner }] of this.#tokens) if (owner === user) this.#tokens.delete(token);
  }

  clear(): void {
    this.#tokens.clear();
  }

  #forgetExpired(lastUseMs: number): void {
    for (const [token, { usedAtMs }] of this.#tokens) {
      if (usedAtMs > lastUseMs) return;
      this.#tokens.delete(token);
    }
  }
}
