import { createHash } from "node:crypto";
import type { TLSSocket } from "node:tls";
import type { KubeObject } from "@drydock/apimachinery";
import type { Clock } from "@drydock/base";
import type { ApiClient } from "@drydock/client";
import { type ResourceRef, tokenReviews, type V1TokenReview } from "@drydock/kube-api";
import { ExpiringCache } from "./expiring-cache.ts";
import { anonymousUser, authenticatedUser, type NodeUser } from "./node-user.ts";

export interface AuthenticatorOptions {
  readonly client: Pick<ApiClient, "create">;
  readonly clock: Clock;
  readonly allowsAnonymous: boolean;
  readonly asksForTokens: boolean;
  readonly tokenTtlMs: number;
}

type TokenReview = KubeObject & V1TokenReview;

/** How long a token that is not good is not asked about again. */
const REFUSED_TTL_MS = 10_000;

/** Finds out who asks: by client certificate, else by a bearer token that the API server reviews, else (where allowed) nobody. */
export class NodeAuthenticator {
  readonly #options: AuthenticatorOptions;
  readonly #reviewed: ExpiringCache<NodeUser | "refused">;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
    this.#reviewed = new ExpiringCache(options.clock);
  }

  /** Undefined for who is not known. Rejects when the API server cannot be asked. */
  async authenticate(socket: TLSSocket | undefined, authorization: string): Promise<NodeUser | undefined> {
    const holder = socket && userOfCertificate(socket);
    if (holder) return holder;
    const token = /^bearer +(\S+)/i.exec(authorization)?.[1];
    if (token !== undefined && this.#options.asksForTokens) return this.#userOfToken(token);
    return token === undefined && this.#options.allowsAnonymous ? anonymousUser : undefined;
  }

  async #userOfToken(token: string): Promise<NodeUser | undefined> {
    const key = createHash("sha256").update(token).digest("base64");
    const known = this.#reviewed.get(key);
    if (known !== undefined) return known === "refused" ? undefined : known;
    const review = await this.#options.client.create(tokenReviews as ResourceRef<TokenReview>, {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenReview",
      metadata: {} as KubeObject["metadata"],
      spec: { token },
    });
    const { authenticated, user = {} } = review.status ?? {};
    if (!authenticated || !user.username) {
      this.#reviewed.set(key, "refused", REFUSED_TTL_MS);
      return undefined;
    }
    const { username: name, uid, groups = [], extra } = user;
    const found = authenticatedUser({ name, groups, ...(uid && { uid }), ...(extra && { extra }) });
    this.#reviewed.set(key, found, this.#options.tokenTtlMs);
    return found;
  }
}

function userOfCertificate(socket: TLSSocket): NodeUser | undefined {
  if (!socket.authorized) return undefined;
  const subject = socket.getPeerCertificate().subject as { CN?: string | string[]; O?: string | string[] } | undefined;
  const name = [subject?.CN ?? []].flat().at(-1);
  return name === undefined ? undefined : authenticatedUser({ name, groups: [subject?.O ?? []].flat() });
}
