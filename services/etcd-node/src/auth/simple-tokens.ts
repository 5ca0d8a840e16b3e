interface Token {
  readonly user: string;
  expiresAtMs: number;
}

/** Tokens that mean something only because every member remembers whose they are; each use gives them their whole time again. */
export class SimpleTokens {
  readonly #tokens = new Map<string, Token>();
  readonly #ttlMs: number;

  constructor(ttlMs: number) {
    this.#ttlMs = ttlMs;
  }

  assign(token: string, user: string, nowMs: number): void {
    this.#forgetExpired(nowMs);
    this.#tokens.set(token, { user, expiresAtMs: nowMs + this.#ttlMs });
  }

  /** Whose it is; undefined when nobody's, or its time is over. */
  userOf(token: string, nowMs: number): string | undefined {
    const found = this.#tokens.get(token);
    if (!found || found.expiresAtMs <= nowMs) return undefined;
    found.expiresAtMs = nowMs + this.#ttlMs;
    return found.user;
  }

  /** No token of this user is good any more. */
  invalidate(user: string): void {
    for (const [token, { user: owner }] of this.#tokens) if (owner === user) this.#tokens.delete(token);
  }

  clear(): void {
    this.#tokens.clear();
  }

  #forgetExpired(nowMs: number): void {
    for (const [token, { expiresAtMs }] of this.#tokens) if (expiresAtMs <= nowMs) this.#tokens.delete(token);
  }
}
