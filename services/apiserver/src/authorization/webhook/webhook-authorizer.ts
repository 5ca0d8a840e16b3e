import type { V1SubjectAccessReviewSpec, V1SubjectAccessReviewStatus } from "@drydock/kube-api";
import { AnswerCache } from "../../outbound/answer-cache.ts";
import type { Endpoint } from "../../outbound/json-client.ts";
import { askWebhook } from "../../outbound/webhook.ts";
import type { Attributes, Authorizer, Decision } from "../authorizer.ts";
import { toReview } from "../selector-attributes.ts";
import type { MatchConditions } from "./match-conditions.ts";

/** Larger questions are not kept. */
const KEY_CHARS_MAX = 10_000;

export interface WebhookAuthorizerOptions {
  readonly name: string;
  readonly endpoint: Endpoint;
  readonly version: string;
  readonly authorizedTtlMs: number;
  readonly unauthorizedTtlMs: number;
  /** What a webhook that does not answer means. */
  readonly onFailure: "deny" | "no-opinion";
  /** The webhook is asked only when all hold. */
  readonly conditions: MatchConditions;
}

/** Asks another server, by a SubjectAccessReview. Answers are kept for a while, failures are not. */
export class WebhookAuthorizer implements Authorizer {
  readonly name: string;
  readonly #options: WebhookAuthorizerOptions;
  readonly #cache = new AnswerCache<Decision>();

  constructor(options: WebhookAuthorizerOptions) {
    this.name = options.name;
    this.#options = options;
  }

  async authorize(attributes: Attributes): Promise<Decision> {
    const { version, conditions } = this.#options;
    const spec = specOf(attributes, version);
    const match = conditions.evaluate(spec);
    if (match.kind === "error") return this.#failed(match.error);
    if (match.kind === "no") return { verdict: "no-opinion", reason: "" };
    const key = JSON.stringify(spec);
    const known = this.#cache.get(key, Date.now());
    if (known) return known;
    try {
      const decision = decisionOf(await this.#ask(spec));
      const ttlMs = decision.verdict === "allow" ? this.#options.authorizedTtlMs : this.#options.unauthorizedTtlMs;
      if (key.length < KEY_CHARS_MAX && ttlMs > 0) this.#cache.set(key, decision, Date.now() + ttlMs);
      return decision;
    } catch (error) {
      return this.#failed((error as Error).message);
    }
  }

  #ask(spec: object): Promise<V1SubjectAccessReviewStatus> {
    const { endpoint, version } = this.#options;
    const review = { apiVersion: `authorization.k8s.io/${version}`, kind: "SubjectAccessReview", metadata: {}, spec };
    return askWebhook(endpoint, review);
  }

  #failed(error: string): Decision {
    return { verdict: this.#options.onFailure, reason: "", error };
  }
}

function decisionOf({ allowed, denied, reason = "", evaluationError }: V1SubjectAccessReviewStatus): Decision {
  if (allowed && denied) throw new Error("webhook subject access review returned both allow and deny response");
  const verdict = denied ? "deny" : allowed ? "allow" : "no-opinion";
  return { verdict, reason, ...(evaluationError && { error: evaluationError }) };
}

/** The first version calls the groups `group`. */
function specOf(attributes: Attributes, reviewVersion: string): V1SubjectAccessReviewSpec {
  const { user, verb, path, namespace, group, version, resource, subresource, name } = attributes;
  return {
    ...(attributes.isResourceRequest
      ? {
          resourceAttributes: {
            ...(namespace && { namespace }),
            verb,
            ...(group && { group }),
            ...(version && { version }),
            resource,
            ...(subresource && { subresource }),
            ...(name && { name }),
            ...toReview(attributes),
          },
        }
      : { nonResourceAttributes: { path, verb } }),
    user: user.name,
    ...(user.groups.length > 0 && { [reviewVersion === "v1beta1" ? "group" : "groups"]: [...user.groups] }),
    ...(user.uid && { uid: user.uid }),
    ...(user.extra && {
      extra: Object.fromEntries(Object.entries(user.extra).map(([key, values]) => [key, [...values]])),
    }),
  };
}
