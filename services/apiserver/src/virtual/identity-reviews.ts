import { badRequest, type KubeObject } from "@drydock/apimachinery";
import type { Authenticator } from "../authentication/authenticator.ts";
import type { UserInfo } from "../authentication/user-info.ts";
import { objectOf } from "../endpoints/call-body.ts";
import { timestamp } from "../registry/object-meta.ts";
import { defineReview, reviewed } from "./review.ts";
import type { VirtualResource } from "./virtual-resource.ts";

const GROUP = "authentication.k8s.io";

type Review = KubeObject & { spec?: { token?: string; audiences?: string[] } };

/** Questions about who somebody is. */
export function createIdentityReviews(authenticator: Authenticator): VirtualResource[] {
  return [
    {
      definition: defineReview(GROUP, "selfsubjectreviews", "SelfSubjectReview", false),
      async run(call) {
        const metadata = { creationTimestamp: timestamp(call.context.nowMs) };
        return reviewed({ ...objectOf(call), metadata, status: { userInfo: userInfo(call.context.user) } });
      },
    },
    {
      definition: defineReview(GROUP, "tokenreviews", "TokenReview", false),
      async run(call) {
        const review = objectOf(call) as Review;
        const token = review.spec?.token ?? "";
        if (token === "") throw badRequest("token is required for TokenReview in authentication");
        return reviewed({ ...review, status: await tokenStatus(authenticator, token, review.spec?.audiences ?? []) });
      },
    },
  ];
}

async function tokenStatus(authenticator: Authenticator, token: string, audiences: readonly string[]): Promise<object> {
  const verdict = await authenticator.review(token, audiences);
  if (verdict?.kind === "user")
    return { authenticated: true, user: userInfo(verdict.user), audiences: verdict.audiences };
  return { user: {}, error: verdict?.reason ?? "" };
}

function userInfo({ name, uid, groups, extra }: UserInfo): object {
  return { username: name, ...(uid && { uid }), groups, ...(extra && { extra }) };
}
