import type { TLSSocket } from "node:tls";
import { unauthorized } from "@drydock/apimachinery";
import { type CertificateTrust, type ShownCertificates, shownCertificates } from "./certificate-trust.ts";
import { commonNameOf, userOfCertificate } from "./client-certificate.ts";
import { type FrontProxy, type RawHeader, userOfHeaders } from "./request-header.ts";
import type { TokenAuthenticator, Verdict } from "./token-authenticator.ts";
import { anonymousUser, type UserInfo } from "./user-info.ts";

export interface Credentials {
  readonly socket: TLSSocket | undefined;
  /** Without the query. */
  readonly path: string;
  /** The whole Authorization header. */
  readonly authorization: string;
  readonly headers: readonly RawHeader[];
  /** Takes what the audit log should say of them. */
  readonly annotate: (annotations: Readonly<Record<string, string>>) => void;
  /** Takes what the answer should warn of. */
  readonly warn: (text: string) => void;
}

export interface AuthenticatorOptions {
  /** Who vouches for client certificates; asked each time, as its file may change. */
  readonly clientTrust: () => CertificateTrust;
  readonly frontProxy: FrontProxy | undefined;
  readonly tokens: TokenAuthenticator;
  /** What tokens are for when a review does not say. */
  readonly apiAudiences: readonly string[];
  /** Whether somebody without credentials may ask for this path as system:anonymous. */
  readonly allowsAnonymous: (path: string) => boolean;
}

/**
 * Who asks: whom a proxy speaks for, else by certificate, else by bearer token, else anonymous. A credential that is not good is refused,
 * not ignored, unless another one is.
 */
export class Authenticator {
  readonly #options: AuthenticatorOptions;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  async authenticate(credentials: Credentials): Promise<UserInfo> {
    const shown = shownCertificates(credentials.socket);
    const found =
      (shown && (this.#proxied(credentials, shown) ?? this.#certified(shown))) || (await this.#byToken(credentials));
    if (found) return withAuthenticatedGroup(found);
    const hasCredentials = shown !== undefined || credentials.authorization !== "";
    if (hasCredentials || !this.#options.allowsAnonymous(credentials.path)) throw unauthorized();
    return anonymousUser;
  }

  /** For a TokenReview. */
  async review(token: string, audiences: readonly string[]): Promise<Verdict> {
    const wanted = audiences.length > 0 ? audiences : this.#options.apiAudiences;
    const verdict = await this.#options.tokens.authenticate(token, wanted);
    if (verdict?.kind === "user") return { ...verdict, user: withAuthenticatedGroup(verdict.user) };
    const invalid = "invalid bearer token";
    if (!verdict) return { kind: "refused", reason: invalid };
    return { kind: "refused", reason: `[${invalid}, ${verdict.reason}]` };
  }

  #proxied({ headers }: Credentials, shown: ShownCertificates): UserInfo | undefined {
    const proxy = this.#options.frontProxy;
    if (!proxy?.trust().vouchesFor(shown, Date.now())) return undefined;
    const name = commonNameOf(shown.subject) ?? "";
    if (proxy.allowedNames.length > 0 && !proxy.allowedNames.includes(name)) return undefined;
    return userOfHeaders(proxy.names, headers);
  }

  #certified(shown: ShownCertificates): UserInfo | undefined {
    if (!this.#options.clientTrust().vouchesFor(shown, Date.now())) return undefined;
    return userOfCertificate(shown.subject);
  }

  async #byToken({ authorization, annotate, warn }: Credentials): Promise<UserInfo | undefined> {
    const token = /^Bearer\s+(\S+)\s*$/i.exec(authorization)?.[1];
    if (token === undefined) return undefined;
    const verdict = await this.#options.tokens.authenticate(token, this.#options.apiAudiences);
    if (verdict?.kind !== "user") return undefined;
    if (verdict.annotations) annotate(verdict.annotations);
    if (verdict.warning) warn(verdict.warning);
    return verdict.user;
  }
}

function withAuthenticatedGroup(user: UserInfo): UserInfo {
  const isMarked = user.groups.some((group) => group === "system:authenticated" || group === "system:unauthenticated");
  if (isMarked || user.name === anonymousUser.name) return user;
  return { ...user, groups: [...user.groups, "system:authenticated"] };
}
