import { createHash, createPrivateKey, createPublicKey, type KeyObject, randomUUID } from "node:crypto";
import { decodeJwt, errors, type JWTPayload, jwtVerify, SignJWT } from "jose";
import type { Registry } from "../registry/registry.ts";
import { LEGACY_ISSUER, type LegacySubject, legacyClaims } from "./legacy-claims.ts";
import { claimsProblem, type KubernetesClaims, serviceAccountUser } from "./service-account-claims.ts";
import type { TokenAuthenticator, Verdict } from "./token-authenticator.ts";
import type { TokenMetrics } from "./token-metrics.ts";

export interface TokenKeys {
  /** The first is that of new tokens; those of the others are good too. */
  readonly issuers: readonly string[];
  /** Any of these may have signed. */
  readonly publicPems: readonly string[];
  readonly privatePem: string;
  /** What a token is for when nobody says. */
  readonly audiences: readonly string[];
  /** The longest that a token may last; 0 for no limit. */
  readonly maxSeconds: number;
  /** Whether tokens of pods outlive what was asked for. */
  readonly extendsExpiration: boolean;
  readonly metrics: TokenMetrics;
}

/** What a token is bound to: it ends when that object does. A pod's token names its node as well. */
export interface BoundObject {
  readonly kind: "Pod" | "Secret" | "Node";
  readonly name: string;
  readonly uid: string;
  readonly node?: { readonly name: string; readonly uid?: string };
}

export interface IssueRequest {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly audiences: readonly string[];
  readonly expirationSeconds: number;
  /** From then on its use is noted: the holder should have asked for a new one. */
  readonly warnAfterSeconds: number | undefined;
  readonly bound: BoundObject | undefined;
  readonly nowMs: number;
}

interface VerifyKey {
  readonly id: string;
  readonly algorithm: string;
  readonly key: KeyObject;
}

/** Signs and checks the tokens of service accounts (KEP-1205: bound, for an audience, with an end). */
export class ServiceAccountTokens implements TokenAuthenticator {
  readonly #keys: TokenKeys;
  readonly #registry: Registry;
  readonly #verifyKeys: readonly VerifyKey[];
  readonly #signKey: KeyObject;
  readonly #signer: Pick<VerifyKey, "id" | "algorithm">;

  constructor(keys: TokenKeys, registry: Registry) {
    this.#keys = keys;
    this.#registry = registry;
    this.#verifyKeys = keys.publicPems.flatMap(readPublicKeys);
    this.#signKey = createPrivateKey(keys.privatePem);
    this.#signer = describeKey(createPublicKey(keys.privatePem));
  }

  get issuer(): string {
    return this.#keys.issuers[0] as string;
  }

  get audiences(): readonly string[] {
    return this.#keys.audiences;
  }

  get maxSeconds(): number {
    return this.#keys.maxSeconds;
  }

  get extendsExpiration(): boolean {
    return this.#keys.extendsExpiration;
  }

  /** The keys that check tokens, for whoever wants to check them without us. */
  publicKeys(): readonly { id: string; algorithm: string; key: KeyObject }[] {
    return this.#verifyKeys;
  }

  issue(request: IssueRequest): Promise<string> {
    const nowSeconds = Math.floor(request.nowMs / 1000);
    const { bound, warnAfterSeconds } = request;
    const claims: KubernetesClaims = {
      namespace: request.namespace,
      serviceaccount: { name: request.name, uid: request.uid },
      ...(bound?.node && { node: bound.node }),
      ...(bound && { [bound.kind.toLowerCase()]: { name: bound.name, uid: bound.uid } }),
      ...(warnAfterSeconds && { warnafter: nowSeconds + warnAfterSeconds }),
    };
    return new SignJWT({ "kubernetes.io": claims })
      .setProtectedHeader({ alg: this.#signer.algorithm, kid: this.#signer.id })
      .setIssuer(this.issuer)
      .setJti(randomUUID())
      .setSubject(`system:serviceaccount:${request.namespace}:${request.name}`)
      .setAudience([...request.audiences])
      .setIssuedAt(nowSeconds)
      .setNotBefore(nowSeconds)
      .setExpirationTime(nowSeconds + request.expirationSeconds)
      .sign(this.#signKey);
  }

  /** A token without an end, for a Secret to hold. */
  issueLegacy(subject: LegacySubject): Promise<string> {
    return new SignJWT(legacyClaims(subject))
      .setProtectedHeader({ alg: this.#signer.algorithm, kid: this.#signer.id })
      .setIssuer(LEGACY_ISSUER)
      .setSubject(`system:serviceaccount:${subject.namespace}:${subject.name}`)
      .sign(this.#signKey);
  }

  /** What a token of this issuer says, or why it says nothing; undefined for one of another. */
  async verifyIssued(token: string, issuer: string): Promise<JWTPayload | string | undefined> {
    return issuerOf(token) === issuer ? this.#verify(token) : undefined;
  }

  async authenticate(token: string, audiences: readonly string[]): Promise<Verdict> {
    const issuer = issuerOf(token);
    if (issuer === undefined || !this.#keys.issuers.includes(issuer)) return undefined;
    const verified = await this.#verify(token);
    if (typeof verified === "string") return { kind: "refused", reason: verified };
    const claims = verified["kubernetes.io"] as KubernetesClaims | undefined;
    if (!claims?.namespace || !claims.serviceaccount?.name) return undefined;
    const named = [verified.aud ?? this.#keys.audiences].flat();
    const common = named.filter((audience) => audiences.includes(audience));
    if (common.length === 0)
      return {
        kind: "refused",
        reason: `token audiences ${quotedList(named)} is invalid for the target audiences ${quotedList(audiences)}`,
      };
    const problem = claimsProblem(this.#registry, claims, Date.now());
    if (problem !== undefined) return { kind: "refused", reason: problem };
    const user = serviceAccountUser(claims, verified.jti);
    const secondsLate = this.#secondsLate(claims);
    if (secondsLate === undefined) return { kind: "user", user, audiences: common };
    const stale = `subject: ${verified.sub ?? ""}, seconds after warning threshold: ${secondsLate}`;
    return { kind: "user", user, audiences: common, annotations: { "authentication.k8s.io/stale-token": stale } };
  }

  /** How long ago the holder of an extended token should have asked for a new one. */
  #secondsLate({ warnafter }: KubernetesClaims): number | undefined {
    if (!warnafter) return undefined;
    const secondsLate = Math.floor(Date.now() / 1000) - warnafter;
    const isLate = secondsLate > 0;
    this.#keys.metrics[isLate ? "stale" : "valid"].inc();
    return isLate ? secondsLate : undefined;
  }

  /** What the token says, or why it says nothing. */
  async #verify(token: string): Promise<JWTPayload | string> {
    for (const { key, algorithm } of this.#verifyKeys) {
      try {
        return (await jwtVerify(token, key, { algorithms: [algorithm] })).payload;
      } catch (error) {
        if (error instanceof errors.JWTExpired) return "service account token has expired";
        if (error instanceof errors.JWTClaimValidationFailed) return "service account token is not valid yet";
      }
    }
    return "go-jose/go-jose: error in cryptographic primitive";
  }
}

function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

/** A file may hold several keys, also private ones, whose public half is meant. */
function readPublicKeys(pem: string): VerifyKey[] {
  const blocks = pem.match(/-----BEGIN [^-]+-----[\s\S]+?-----END [^-]+-----/g) ?? [];
  return blocks.map((block) => {
    const key = createPublicKey(block);
    return { ...describeKey(key), key };
  });
}

function describeKey(key: KeyObject): { id: string; algorithm: string } {
  const der = key.export({ type: "spki", format: "der" });
  const id = createHash("sha256").update(der).digest("base64url");
  if (key.asymmetricKeyType === "rsa") return { id, algorithm: "RS256" };
  const curve = key.asymmetricKeyDetails?.namedCurve;
  const algorithm = curve === "secp384r1" ? "ES384" : curve === "secp521r1" ? "ES512" : "ES256";
  return { id, algorithm };
}

function quotedList(list: readonly string[]): string {
  return `[${list.map((item) => JSON.stringify(item)).join(" ")}]`;
}
