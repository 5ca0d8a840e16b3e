import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from "jose";
import { exchangeJson } from "../../outbound/json-client.ts";

const TIMEOUT_MS = 30_000;
/** Keys that a token names and we do not know are looked for no more often. */
const LOOK_AGAIN_MS = 5_000;

export interface IssuerPlace {
  readonly url: string;
  /** Where the issuer describes itself, when not below its own address. */
  readonly discoveryUrl: string | undefined;
  readonly ca: string | undefined;
}

/** The keys of an OIDC issuer, asked for when they are first needed and when a token names an unknown one. */
export class IssuerKeys {
  readonly #place: IssuerPlace;
  #keys: Promise<JWTVerifyGetKey> | undefined;
  #fetchedAtMs = 0;

  constructor(place: IssuerPlace) {
    this.#place = place;
  }

  readonly find: JWTVerifyGetKey = async (header, token) => {
    const keys = await this.#current();
    try {
      return await keys(header, token);
    } catch (error) {
      const isUnknown = error instanceof errors.JWKSNoMatchingKey;
      if (!isUnknown || Date.now() - this.#fetchedAtMs < LOOK_AGAIN_MS) throw error;
      this.#keys = undefined;
      return (await this.#current())(header, token);
    }
  };

  #current(): Promise<JWTVerifyGetKey> {
    this.#keys ??= this.#fetch().catch((error: unknown) => {
      this.#keys = undefined;
      throw error;
    });
    return this.#keys;
  }

  async #fetch(): Promise<JWTVerifyGetKey> {
    const { url, discoveryUrl } = this.#place;
    const place = discoveryUrl ?? `${url.replace(/\/$/, "")}/.well-known/openid-configuration`;
    const configuration = (await this.#get(place)) as { issuer?: string; jwks_uri?: string };
    if (configuration.issuer !== url)
      throw new Error(
        `oidc: issuer did not match the issuer returned by provider, expected "${url}" got "${configuration.issuer ?? ""}"`,
      );
    const keys = (await this.#get(configuration.jwks_uri ?? "")) as JSONWebKeySet;
    this.#fetchedAtMs = Date.now();
    return createLocalJWKSet(keys);
  }

  async #get(url: string): Promise<unknown> {
    const { ca } = this.#place;
    const { status, body } = await exchangeJson({ url, timeoutMs: TIMEOUT_MS, ...(ca && { ca }) });
    if (status !== 200 || typeof body !== "object" || body === null)
      throw new Error(`oidc: ${url} answered with ${status}`);
    return body;
  }
}
