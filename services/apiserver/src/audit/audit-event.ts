import type { UserInfo } from "../authentication/user-info.ts";
import type { Audited, AuditSource } from "./audited.ts";
import type { AuditLevel, AuditStage } from "./policy.ts";

export interface EventParts {
  readonly subject: Audited;
  readonly source: AuditSource;
  readonly level: AuditLevel;
  readonly stage: AuditStage;
  /** Who asked, impersonating or not; undefined when nobody could be made out. */
  readonly user: UserInfo | undefined;
  readonly responseStatus: object | undefined;
  readonly nowMs: number;
}

/** An Event of audit.k8s.io/v1 as it is written. */
export function auditEvent({ subject, source, level, stage, user, responseStatus, nowMs }: EventParts): object {
  const { info, impersonator, impersonationConstraint, auditId, audit, startedAtMs } = subject;
  const { requestUri, userAgent } = source;
  const annotations = audit?.annotations ?? {};
  const isReceived = stage === "RequestReceived";
  return {
    kind: "Event",
    apiVersion: "audit.k8s.io/v1",
    level,
    auditID: auditId,
    stage,
    requestURI: requestUri,
    verb: info.verb,
    user: user ? userOf(user) : {},
    ...(impersonator && { impersonatedUser: userOf(subject.user) }),
    ...(impersonationConstraint && { authenticationMetadata: { impersonationConstraint } }),
    sourceIPs: source.sourceIps(),
    ...(userAgent && { userAgent }),
    ...(info.isResourceRequest && { objectRef: objectRef(subject) }),
    ...(responseStatus && { responseStatus }),
    ...(!isReceived && audit?.requestObject !== undefined && { requestObject: audit.requestObject }),
    ...(!isReceived && audit?.responseObject !== undefined && { responseObject: audit.responseObject }),
    requestReceivedTimestamp: microTime(startedAtMs),
    stageTimestamp: microTime(nowMs),
    ...(Object.keys(annotations).length > 0 && { annotations }),
  };
}

function userOf({ name, uid, groups, extra }: UserInfo): object {
  return { username: name, ...(uid && { uid }), groups, ...(extra && { extra }) };
}

/** A created object is named by its body when the path does not. */
function objectRef({ info, audit }: Audited): object {
  const body = info.subresource === "" && info.verb === "create" ? audit?.requestObject : undefined;
  const name = info.name || ((body as { metadata?: { name?: string } } | undefined)?.metadata?.name ?? "");
  return {
    ...(info.resource && { resource: info.resource }),
    ...(info.namespace && { namespace: info.namespace }),
    ...(name && { name }),
    ...(info.group && { apiGroup: info.group }),
    apiVersion: info.version,
    ...(info.subresource && { subresource: info.subresource }),
  };
}

function microTime(atMs: number): string {
  return new Date(atMs).toISOString().replace("Z", "000Z");
}
