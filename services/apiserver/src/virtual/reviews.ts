import { badRequest, type KubeObject } from "@drydock/apimachinery";
import type { V1ResourceRule, V1SubjectAccessReviewSpec } from "@drydock/kube-api";
import type { ServiceAccountTokens } from "../authentication/service-account-tokens.ts";
import type { UserInfo } from "../authentication/user-info.ts";
import type { Attributes, Authorizer } from "../authorization/authorizer.ts";
import type { RbacAuthorizer } from "../authorization/rbac/rbac-authorizer.ts";
import { objectOf } from "../endpoints/call-body.ts";
import { timestamp } from "../registry/object-meta.ts";
import type { Outcome } from "../verbs/outcome.ts";
import type { VirtualDefinition, VirtualResource } from "./virtual-resource.ts";

const AUTHORIZATION = "authorization.k8s.io";
const AUTHENTICATION = "authentication.k8s.io";

export interface ReviewOptions {
  readonly authorizer: Authorizer;
  readonly rbac: RbacAuthorizer;
  readonly tokens: ServiceAccountTokens;
}

type AccessReview = KubeObject & { spec: V1SubjectAccessReviewSpec; status?: unknown };

/** Questions about who may do what, and who somebody is. */
export function createReviews({ authorizer, rbac, tokens }: ReviewOptions): VirtualResource[] {
  const decide = (review: AccessReview, user: UserInfo): Outcome => {
    const { resourceAttributes, nonResourceAttributes } = review.spec ?? {};
    if ((resourceAttributes === undefined) === (nonResourceAttributes === undefined)) {
      throw badRequest("exactly one of nonResourceAttributes or resourceAttributes must be specified");
    }
    const { verdict, reason } = authorizer.authorize(attributesOf(review.spec, user));
    const status = {
      allowed: verdict === "allow",
      ...(verdict === "deny" ? { denied: true } : {}),
      ...(reason ? { reason } : {}),
    };
    return answer({ ...review, status });
  };
  const forSubject = (review: AccessReview) => {
    const { user = "", groups = [], uid } = review.spec ?? {};
    if (!user && groups.length === 0) throw badRequest("at least one of user or group must be specified");
    return decide(review, { name: user, groups, ...(uid ? { uid } : {}) });
  };
  return [
    {
      definition: define(AUTHORIZATION, "subjectaccessreviews", "SubjectAccessReview", false),
      run: async (call) => forSubject(objectOf(call) as AccessReview),
    },
    {
      definition: define(AUTHORIZATION, "localsubjectaccessreviews", "LocalSubjectAccessReview", true),
      run: async (call) => forSubject(objectOf(call) as AccessReview),
    },
    {
      definition: define(AUTHORIZATION, "selfsubjectaccessreviews", "SelfSubjectAccessReview", false),
      run: async (call) => decide(objectOf(call) as AccessReview, call.context.user),
    },
    {
      definition: define(AUTHORIZATION, "selfsubjectrulesreviews", "SelfSubjectRulesReview", false),
      async run(call) {
        const review = objectOf(call) as KubeObject & { spec?: { namespace?: string } };
        const namespace = review.spec?.namespace ?? "";
        if (namespace === "") throw badRequest("no namespace on request");
        const { user } = call.context;
        const everything: V1ResourceRule = { verbs: ["*"], apiGroups: ["*"], resources: ["*"] };
        const rules = rbac.rulesFor(user, namespace);
        const isMaster = user.groups.includes("system:masters");
        const resourceRules = [
          ...(isMaster ? [everything] : []),
          ...rules.filter(({ resources }) => resources?.length),
        ];
        const nonResourceRules = [
          ...(isMaster ? [{ verbs: ["*"], nonResourceURLs: ["*"] }] : []),
          ...rules.filter(({ nonResourceURLs }) => nonResourceURLs?.length),
        ];
        return answer({ ...review, status: { resourceRules, nonResourceRules, incomplete: false } });
      },
    },
    {
      definition: define(AUTHENTICATION, "selfsubjectreviews", "SelfSubjectReview", false),
      async run(call) {
        const { name, uid, groups, extra } = call.context.user;
        const userInfo = { username: name, ...(uid ? { uid } : {}), groups, ...(extra ? { extra } : {}) };
        const metadata = { creationTimestamp: timestamp(call.context.nowMs) };
        return answer({ ...objectOf(call), metadata, status: { userInfo } });
      },
    },
    {
      definition: define(AUTHENTICATION, "tokenreviews", "TokenReview", false),
      async run(call) {
        const review = objectOf(call) as KubeObject & { spec?: { token?: string; audiences?: string[] } };
        const audiences = review.spec?.audiences?.length ? review.spec.audiences : [tokens.issuer];
        const user = await tokens.authenticate(review.spec?.token ?? "", audiences);
        const status = user
          ? { authenticated: true, user: { username: user.name, uid: user.uid, groups: user.groups }, audiences }
          : { error: "invalid bearer token" };
        return answer({ ...review, status });
      },
    },
  ];
}

function define(group: string, resource: string, kind: string, isNamespaced: boolean): VirtualDefinition {
  const short = group.split(".")[0];
  return {
    group,
    version: "v1",
    resource,
    singular: kind.toLowerCase(),
    kind,
    isNamespaced,
    schema: `io.k8s.api.${short}.v1.${kind}`,
  };
}

function answer(object: object): Outcome {
  return { kind: "plain", code: 201, object };
}

function attributesOf(
  { resourceAttributes: resource, nonResourceAttributes: other }: V1SubjectAccessReviewSpec,
  user: UserInfo,
): Attributes {
  return {
    user,
    isResourceRequest: resource !== undefined,
    path: other?.path ?? "",
    verb: resource?.verb ?? other?.verb ?? "",
    group: resource?.group ?? "",
    resource: resource?.resource ?? "",
    subresource: resource?.subresource ?? "",
    namespace: resource?.namespace ?? "",
    name: resource?.name ?? "",
  };
}
