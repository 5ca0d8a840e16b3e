import {
  type AuthorizationCheck,
  type AuthorizationDecision,
  AuthorizerValue,
  adaptJson,
  type CelSchema,
  type Value,
} from "@drydock/cel";
import type { V1Namespace } from "@drydock/kube-api";
import type { UserInfo } from "../../authentication/user-info.ts";
import type { Authorizer } from "../../authorization/authorizer.ts";
import { selectorsOf } from "../../authorization/selectors.ts";
import type { AdmissionRequest } from "../admission.ts";
import type { Match } from "../matching/matcher.ts";
import type { ShownObjects } from "../matching/shown-objects.ts";
import { OPERATIONS, subjectKind, subjectName, subjectNamespace } from "../matching/subject.ts";
import { userInfoOf } from "../user-info.ts";

/** The values of one request, as its expressions see them. */
export function bindingsOf(
  request: AdmissionRequest,
  match: Match,
  shown: ShownObjects,
  namespace: V1Namespace | undefined,
  authorizer: Authorizer,
): Record<string, Value> {
  const asked = AuthorizerValue.of((check) => decide(authorizer, request.context.user, check));
  const { group, resource } = match.resource;
  const own = {
    group,
    resource,
    subresource: request.subresource,
    namespace: subjectNamespace(request),
    name: subjectName(request),
  };
  return {
    object: adaptJson(shown.object),
    oldObject: adaptJson(shown.oldObject),
    request: adaptJson(requestValue(request, match), untyped),
    namespaceObject: adaptJson(namespace && namespaceValue(namespace), namespaceSchema),
    authorizer: asked,
    "authorizer.requestResource": asked.forResource(own),
  };
}

/** Fields are reached by their escaped names only where a schema says so; those of a request have none to escape. */
const untyped: CelSchema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };

const dateTime = { type: "string", format: "date-time" };
const namespaceSchema: CelSchema = {
  type: "object",
  properties: {
    metadata: {
      type: "object",
      properties: {
        name: { type: "string" },
        generateName: { type: "string" },
        namespace: { type: "string" },
        labels: { type: "object", additionalProperties: { type: "string" } },
        annotations: { type: "object", additionalProperties: { type: "string" } },
        UID: { type: "string" },
        creationTimestamp: dateTime,
        deletionGracePeriodSeconds: { type: "integer" },
        deletionTimestamp: dateTime,
        generation: { type: "integer" },
        resourceVersion: { type: "string" },
        finalizers: { type: "array", items: { type: "string" } },
      },
    },
    spec: { type: "object", properties: { finalizers: { type: "array", items: { type: "string" } } } },
    status: { type: "object", properties: { phase: { type: "string" } } },
  },
};

function requestValue(request: AdmissionRequest, { kind, resource }: Match): object {
  const { definition, subresource, operation, isDryRun, context, options } = request;
  const name = subjectName(request);
  const { group, version } = definition;
  return {
    kind,
    resource,
    subResource: subresource,
    requestKind: subjectKind(request),
    requestResource: { group, version, resource: definition.resource },
    requestSubResource: subresource,
    name,
    namespace: subjectNamespace(request),
    operation: OPERATIONS[operation],
    userInfo: userInfoOf(context.user),
    dryRun: isDryRun,
    ...(options && { options }),
  };
}

function namespaceValue({ metadata, spec, status }: V1Namespace): object {
  const { uid, ownerReferences: _o, managedFields: _m, ...others } = metadata;
  return {
    metadata: { ...others, UID: uid },
    spec: { finalizers: spec?.finalizers ?? [] },
    status: { phase: status?.phase ?? "" },
  };
}

async function decide(
  authorizer: Authorizer,
  requester: UserInfo,
  check: AuthorizationCheck,
): Promise<AuthorizationDecision> {
  const { serviceAccount, verb, path, group, resource, subresource, namespace, name, fieldSelector, labelSelector } =
    check;
  const user = serviceAccount ? serviceAccountUser(serviceAccount.namespace, serviceAccount.name) : requester;
  const isResourceRequest = path === "";
  const attributes = {
    user,
    isResourceRequest,
    path,
    verb,
    group,
    version: "*",
    resource,
    subresource,
    namespace,
    name,
    ...selectorsOf(verb, fieldSelector, labelSelector),
  };
  const { verdict, reason, error = "" } = await authorizer.authorize(attributes);
  return { isAllowed: verdict === "allow", reason, error };
}

function serviceAccountUser(namespace: string, name: string): UserInfo {
  return {
    name: `system:serviceaccount:${namespace}:${name}`,
    groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"],
  };
}
