import { createHash } from "node:crypto";
import type { V1TokenReviewStatus } from "@drydock/kube-api";
import { AnswerCache } from "../outbound/answer-cache.ts";
import type { Endpoint } from "../outbound/json-client.ts";
import { askWebhook } from "../outbound/webhook.ts";
import type { TokenAuthenticator, Verdict } from "./token-authenticator.ts";

export interface WebhookTokenOptions {
  readonly endpoint: Endpoint;
  readonly version: string;
  readonly cacheTtlMs: number;
  readonly apiAudiences: readonly string[];
}

/** Tokens that another server knows. Its answers are kept, also when it does not know one; its failures are not. */
export function webhookTokens({
  endpoint,
  version,
  cacheTtlMs,
  apiAudiences,
}: WebhookTokenOptions): TokenAuthenticator {
  const cache = new AnswerCache<{ verdict: Verdict }>();
  return {
    async authenticate(token, audiences) {
      const key = createHash("sha256")
        .update(JSON.stringify([token, audiences]))
        .digest("base64");
      const known = cache.get(key, Date.now());
      if (known) return known.verdict;
      const review = {
        apiVersion: `authentication.k8s.io/${version}`,
        kind: "TokenReview",
        metadata: {},
        spec: { token, audiences },
      };
      try {
        const status = await askWebhook<V1TokenReviewStatus>(endpoint, review);
        const verdict = verdictOf(status, audiences, apiAudiences);
        if (verdict?.kind !== "refused") cache.set(key, { verdict }, Date.now() + cacheTtlMs);
        return verdict;
      } catch (error) {
        return { kind: "refused", reason: (error as Error).message };
      }
    },
  };
}

/** A webhook that says nothing of audiences speaks of the API's own. */
function verdictOf(
  { authenticated, error, user, audiences: named }: V1TokenReviewStatus,
  wanted: readonly string[],
  apiAudiences: readonly string[],
): Verdict {
  if (!authenticated || !user?.username) return error ? { kind: "refused", reason: error } : undefined;
  const audiences = wanted.filter((audience) => (named?.length ? named : apiAudiences).includes(audience));
  if (audiences.length === 0) return undefined;
  const { username: name, uid, groups = [], extra } = user;
  return { kind: "user", user: { name, ...(uid && { uid }), groups, ...(extra && { extra }) }, audiences };
}
