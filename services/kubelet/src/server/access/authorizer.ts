import type { KubeObject } from "@drydock/apimachinery";
import type { Clock } from "@drydock/base";
import type { ApiClient } from "@drydock/client";
import { type ResourceRef, subjectAccessReviews, type V1SubjectAccessReview } from "@drydock/kube-api";
import { ExpiringCache } from "./expiring-cache.ts";
import type { NodeUser } from "./node-user.ts";

export interface AuthorizerOptions {
  readonly client: Pick<ApiClient, "create">;
  readonly clock: Clock;
  readonly nodeName: string;
  readonly mode: "AlwaysAllow" | "Webhook";
  readonly allowedTtlMs: number;
  readonly deniedTtlMs: number;
}

type AccessReview = KubeObject & V1SubjectAccessReview;

/** Asks the API server whether a user may do `verb` on a subresource of this node; answers hold for a while. */
export class NodeAuthorizer {
  readonly #options: AuthorizerOptions;
  readonly #answers: ExpiringCache<boolean>;

  constructor(options: AuthorizerOptions) {
    this.#options = options;
    this.#answers = new ExpiringCache(options.clock);
  }

  /** Rejects when the API server cannot be asked. */
  async allows(user: NodeUser, verb: string, subresource: string): Promise<boolean> {
    const { mode, client, nodeName, allowedTtlMs, deniedTtlMs } = this.#options;
    if (mode === "AlwaysAllow") return true;
    const { name, uid, groups, extra } = user;
    const key = JSON.stringify([name, uid, groups, extra, verb, subresource]);
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    const review = await client.create(subjectAccessReviews as ResourceRef<AccessReview>, {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SubjectAccessReview",
      metadata: {} as KubeObject["metadata"],
      spec: {
        user: name,
        groups: [...groups],
        ...(uid && { uid }),
        ...(extra && { extra: Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]])) }),
        resourceAttributes: { verb, version: "v1", resource: "nodes", subresource, name: nodeName },
      },
    });
    const isAllowed = review.status?.allowed === true;
    this.#answers.set(key, isAllowed, isAllowed ? allowedTtlMs : deniedTtlMs);
    return isAllowed;
  }
}
