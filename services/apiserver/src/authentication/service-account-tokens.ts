import { createHash, createPublicKey, type webcrypto } from "node:crypto";
import type { V1Pod, V1Secret, V1ServiceAccount } from "@drydock/kube-api";
import { importPKCS8, importSPKI, type JWTPayload, jwtVerify, SignJWT } from "jose";
import type { Registry } from "../registry/registry.ts";
import type { UserInfo } from "./user-info.ts";

const ALGORITHM = "RS256";

export interface TokenKeys {
  readonly issuer: string;
  readonly publicPem: string;
  readonly privatePem: string;
}

/** What a token is bound to: it ends when that object does. */
export interface BoundObject {
  readonly kind: "Pod" | "Secret";
  readonly name: string;
  readonly uid: string;
}

interface KubernetesClaims {
  namespace?: string;
  serviceaccount?: { name?: string; uid?: string };
  pod?: { name?: string; uid?: string };
  secret?: { name?: string; uid?: string };
}

export interface IssueRequest {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly audiences: readonly string[];
  readonly expirationSeconds: number;
  readonly bound: BoundObject | undefined;
  readonly nowMs: number;
}

/** Signs and checks the tokens of service accounts (KEP-1205: bound, for an audience, with an end). */
export class ServiceAccountTokens {
  readonly #keys: TokenKeys;
  readonly #registry: Registry;
  readonly #verifyKey: Promise<webcrypto.CryptoKey>;
  readonly #signKey: Promise<webcrypto.CryptoKey>;
  readonly #keyId: string;

  constructor(keys: TokenKeys, registry: Registry) {
    this.#keys = keys;
    this.#registry = registry;
    this.#verifyKey = importSPKI(keys.publicPem, ALGORITHM);
    this.#signKey = importPKCS8(keys.privatePem, ALGORITHM);
    const der = createPublicKey(keys.publicPem).export({ type: "spki", format: "der" });
    this.#keyId = createHash("sha256").update(der).digest("base64url");
  }

  get issuer(): string {
    return this.#keys.issuer;
  }

  async issue(request: IssueRequest): Promise<{ token: string; expiresAtMs: number }> {
    const nowSeconds = Math.floor(request.nowMs / 1000);
    const expiresAt = nowSeconds + request.expirationSeconds;
    const { bound } = request;
    const claims: KubernetesClaims = {
      namespace: request.namespace,
      serviceaccount: { name: request.name, uid: request.uid },
      ...(bound ? { [bound.kind.toLowerCase()]: { name: bound.name, uid: bound.uid } } : {}),
    };
    const token = await new SignJWT({ "kubernetes.io": claims })
      .setProtectedHeader({ alg: ALGORITHM, kid: this.#keyId })
      .setIssuer(this.#keys.issuer)
      .setSubject(`system:serviceaccount:${request.namespace}:${request.name}`)
      .setAudience(request.audiences.length > 0 ? [...request.audiences] : [this.#keys.issuer])
      .setIssuedAt(nowSeconds)
      .setNotBefore(nowSeconds)
      .setExpirationTime(expiresAt)
      .sign(await this.#signKey);
    return { token, expiresAtMs: expiresAt * 1000 };
  }

  /** The account behind a token; undefined when it is not (or no longer) good for one of `audiences`. */
  async authenticate(token: string, audiences: readonly string[] = [this.#keys.issuer]): Promise<UserInfo | undefined> {
    let payload: JWTPayload;
    try {
      ({ payload } = await jwtVerify(token, await this.#verifyKey, {
        issuer: this.#keys.issuer,
        audience: [...audiences],
      }));
    } catch {
      return undefined;
    }
    const claims = payload["kubernetes.io"] as KubernetesClaims | undefined;
    const { namespace = "", serviceaccount } = claims ?? {};
    if (!namespace || !serviceaccount?.name || !this.#isAlive(namespace, claims as KubernetesClaims)) return undefined;
    return serviceAccountUser(namespace, serviceaccount.name, serviceaccount.uid, claims?.pod);
  }

  /** Account and bound object must still be the ones the token was made for. */
  #isAlive(namespace: string, { serviceaccount, pod, secret }: KubernetesClaims): boolean {
    const registry = this.#registry;
    const find = <T extends V1ServiceAccount | V1Pod | V1Secret>(resource: string, name: string) =>
      registry.cached<T>(registry.require("", "v1", resource), namespace, name);
    const account = find<V1ServiceAccount>("serviceaccounts", serviceaccount?.name ?? "");
    if (!account || account.metadata.uid !== serviceaccount?.uid) return false;
    if (pod && find<V1Pod>("pods", pod.name ?? "")?.metadata.uid !== pod.uid) return false;
    return !(secret && find<V1Secret>("secrets", secret.name ?? "")?.metadata.uid !== secret.uid);
  }
}

function serviceAccountUser(
  namespace: string,
  name: string,
  uid: string | undefined,
  pod?: { name?: string; uid?: string },
): UserInfo {
  return {
    name: `system:serviceaccount:${namespace}:${name}`,
    ...(uid ? { uid } : {}),
    groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"],
    ...(pod
      ? {
          extra: {
            "authentication.kubernetes.io/pod-name": [pod.name ?? ""],
            "authentication.kubernetes.io/pod-uid": [pod.uid ?? ""],
          },
        }
      : {}),
  };
}
