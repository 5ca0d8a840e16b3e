import type { PeerCertificate } from "node:tls";
import { unauthorized } from "@drydock/apimachinery";
import { userOfCertificate } from "./client-certificate.ts";
import type { ServiceAccountTokens } from "./service-account-tokens.ts";
import { anonymousUser, type UserInfo } from "./user-info.ts";

export interface Credentials {
  /** Present only when the authority vouches for it. */
  readonly certificate: PeerCertificate | undefined;
  /** The whole Authorization header. */
  readonly authorization: string;
}

/** Who asks: by certificate, else by bearer token, else anonymous. A token that is not good is refused, not ignored. */
export class Authenticator {
  readonly #tokens: ServiceAccountTokens;
  readonly #allowsAnonymous: boolean;

  constructor(tokens: ServiceAccountTokens, allowsAnonymous: boolean) {
    this.#tokens = tokens;
    this.#allowsAnonymous = allowsAnonymous;
  }

  async authenticate({ certificate, authorization }: Credentials): Promise<UserInfo> {
    const byCertificate = userOfCertificate(certificate);
    if (byCertificate) return byCertificate;
    const bearer = /^Bearer\s+(\S+)$/i.exec(authorization);
    if (bearer) {
      const user = await this.#tokens.authenticate(bearer[1] as string);
      if (user) return user;
      throw unauthorized();
    }
    if (authorization !== "" || !this.#allowsAnonymous) throw unauthorized();
    return anonymousUser;
  }
}
