import { badRequest, type FieldError, FieldPath, fieldErrors, invalid, type KubeObject } from "@drydock/apimachinery";
import type { V1SubjectAccessReviewSpec } from "@drydock/kube-api";
import { nodeNameOf, type UserInfo } from "../authentication/user-info.ts";
import type { Attributes, Authorizer } from "../authorization/authorizer.ts";
import type { RbacAuthorizer } from "../authorization/rbac/rbac-authorizer.ts";
import { fromReview, selectorProblems } from "../authorization/selector-attributes.ts";
import { objectOf } from "../endpoints/call-body.ts";
import type { Call } from "../registry/call.ts";
import { defineReview, reviewed } from "./review.ts";
import type { VirtualResource } from "./virtual-resource.ts";

const GROUP = "authorization.k8s.io";

export interface AccessReviewOptions {
  readonly authorizer: Authorizer;
  readonly rbac: RbacAuthorizer;
  /** Why the rules of RBAC are not all there are; empty when they are. */
  readonly unlistedRules: string;
}

type AccessReview = KubeObject & { spec: V1SubjectAccessReviewSpec; status?: unknown };

/** Questions about who may do what. */
export function createAccessReviews(options: AccessReviewOptions): VirtualResource[] {
  const { authorizer, rbac } = options;
  const decide = async (review: AccessReview, user: UserInfo) => {
    const { selectors, problems } = fromReview(review.spec.resourceAttributes ?? {});
    const attributes = { ...attributesOf(review.spec, user), ...selectors };
    const { verdict, reason, error: failure } = await authorizer.authorize(attributes);
    const errors = [...problems, ...(failure ? [failure] : [])];
    const error = errors.length > 1 ? `[${errors.join(", ")}]` : errors[0];
    const status = {
      allowed: verdict === "allow",
      ...(verdict === "deny" && { denied: true }),
      ...(reason && { reason }),
      ...(error && { evaluationError: error }),
    };
    return reviewed({ ...review, status });
  };
  const forSubject = (call: Call) => {
    const review = reviewOf(call);
    const isLocal = review.kind === "LocalSubjectAccessReview";
    assertSound(review, [...specProblems(review.spec, isLocal), ...subjectProblems(review.spec)]);
    const namespace = review.spec.resourceAttributes?.namespace ?? "";
    if (isLocal && namespace !== call.namespace)
      throw badRequest(`spec.resourceAttributes.namespace must match namespace: ${call.namespace}`);
    const { user = "", groups = [], uid, extra } = review.spec;
    return decide(review, { name: user, groups, ...(uid && { uid }), ...(extra && { extra }) });
  };
  return [
    {
      definition: defineReview(GROUP, "subjectaccessreviews", "SubjectAccessReview", false),
      run: forSubject,
    },
    {
      definition: defineReview(GROUP, "localsubjectaccessreviews", "LocalSubjectAccessReview", true),
      run: forSubject,
    },
    {
      definition: defineReview(GROUP, "selfsubjectaccessreviews", "SelfSubjectAccessReview", false),
      async run(call) {
        const review = reviewOf(call);
        assertSound(review, specProblems(review.spec, false));
        return decide(review, call.context.user);
      },
    },
    {
      definition: defineReview(GROUP, "selfsubjectrulesreviews", "SelfSubjectRulesReview", false),
      async run(call) {
        const review = objectOf(call) as KubeObject & { spec?: { namespace?: string } };
        const namespace = review.spec?.namespace ?? "";
        if (namespace === "") throw badRequest("no namespace on request");
        return reviewed({ ...review, status: rulesOf(rbac, call.context.user, namespace, options.unlistedRules) });
      },
    },
  ];
}

/** What RBAC says; that the superuser's group passes everything is no rule. */
function rulesOf(rbac: RbacAuthorizer, user: UserInfo, namespace: string, unlistedRules: string): object {
  const rules = rbac.rulesFor(user, namespace);
  const isNode = nodeNameOf(user) !== undefined;
  const error = isNode ? "node authorizer does not support user rule resolution" : unlistedRules;
  return {
    resourceRules: rules.filter(({ resources }) => resources?.length),
    nonResourceRules: rules.filter(({ nonResourceURLs }) => nonResourceURLs?.length),
    incomplete: error !== "",
    ...(error && { evaluationError: error }),
  };
}

const spec = FieldPath.of("spec");

function specProblems(
  { resourceAttributes, nonResourceAttributes }: V1SubjectAccessReviewSpec,
  isLocal: boolean,
): FieldError[] {
  if (isLocal && nonResourceAttributes)
    return [
      fieldErrors.invalid(
        spec.child("nonResourceAttributes"),
        nonResourceAttributes,
        "disallowed on this kind of request",
      ),
    ];
  if (resourceAttributes && nonResourceAttributes)
    return [
      fieldErrors.invalid(
        spec.child("nonResourceAttributes"),
        nonResourceAttributes,
        "cannot be specified in combination with resourceAttributes",
      ),
    ];
  if (resourceAttributes) return selectorProblems(resourceAttributes, spec.child("resourceAttributes"));
  if (nonResourceAttributes) return [];
  return [
    fieldErrors.invalid(
      spec.child("resourceAttributes"),
      null,
      "exactly one of nonResourceAttributes or resourceAttributes must be specified",
    ),
  ];
}

function subjectProblems({ user = "", groups = [] }: V1SubjectAccessReviewSpec): FieldError[] {
  if (user !== "" || groups.length > 0) return [];
  return [fieldErrors.invalid(spec.child("user"), user, "at least one of user or group must be specified")];
}

function reviewOf(call: Call): AccessReview {
  const review = objectOf(call) as AccessReview;
  const metadata = { ...review.metadata };
  if (call.namespace) metadata.namespace ??= call.namespace;
  return { ...review, metadata, spec: review.spec ?? {} };
}

/** Of metadata a review may name its namespace alone. Upstream's errors do not say of what kind they speak. */
function assertSound({ kind, metadata }: AccessReview, problems: readonly FieldError[]): void {
  const isLocal = kind === "LocalSubjectAccessReview";
  const said = Object.entries(metadata ?? {}).filter(([, value]) => value !== undefined && value !== "");
  const isBare = said.every(([name]) => name === "managedFields" || (isLocal && name === "namespace"));
  const text = isLocal ? "must be empty except for namespace" : "must be empty";
  const problem = fieldErrors.invalid(FieldPath.of("metadata"), Object.fromEntries(said), text);
  const all = isBare ? problems : [...problems, problem];
  if (all.length > 0) throw invalid({ group: GROUP, kind: "" }, "", all);
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
    version: resource?.version ?? "*",
    resource: resource?.resource ?? "",
    subresource: resource?.subresource ?? "",
    namespace: resource?.namespace ?? "",
    name: resource?.name ?? "",
  };
}
