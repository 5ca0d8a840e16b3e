import type { UserInfo } from "./user-info.ts";

/**
 * What is found about a credential: whose it is; that it is of a known kind and not good; or undefined, that it is for somebody else to
 * judge. The reason of a refusal is shown in TokenReviews and never to whoever came with the credential.
 */
export type Verdict =
  | {
      readonly kind: "user";
      readonly user: UserInfo;
      readonly audiences: readonly string[];
      /** What the audit log should say of the token. */
      readonly annotations?: Readonly<Record<string, string>>;
      /** What whoever shows the token should know. */
      readonly warning?: string;
    }
  | { readonly kind: "refused"; readonly reason: string }
  | undefined;

/** Knows one kind of bearer token. */
export interface TokenAuthenticator {
  /** `audiences` are those that the token may be for; never empty. */
  authenticate(token: string, audiences: readonly string[]): Promise<Verdict> | Verdict;
}

/** Asks each until one knows the token; reasons of refusals are joined as upstream joins errors. */
export class TokenAuthenticators implements TokenAuthenticator {
  readonly #list: () => readonly TokenAuthenticator[];

  /** Asked each time, as files that configure some of them may change. */
  constructor(list: () => readonly TokenAuthenticator[]) {
    this.#list = list;
  }

  async authenticate(token: string, audiences: readonly string[]): Promise<Verdict> {
    const reasons: string[] = [];
    for (const authenticator of this.#list()) {
      const verdict = await authenticator.authenticate(token, audiences);
      if (verdict?.kind === "user") return verdict;
      if (verdict) reasons.push(verdict.reason);
    }
    if (reasons.length === 0) return undefined;
    return { kind: "refused", reason: reasons.length === 1 ? (reasons[0] as string) : `[${reasons.join(", ")}]` };
  }
}

/** Tokens that name no audience are for the API's own. */
export function forApiAudiences(
  apiAudiences: readonly string[],
  find: (token: string) => Promise<Verdict> | Verdict,
): TokenAuthenticator {
  return {
    async authenticate(token, wanted) {
      const audiences = wanted.filter((audience) => apiAudiences.includes(audience));
      if (audiences.length === 0) return undefined;
      const verdict = await find(token);
      return verdict?.kind === "user" ? { ...verdict, audiences } : verdict;
    },
  };
}
