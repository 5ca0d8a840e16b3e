import type { Status } from "@drydock/apimachinery";
import type { Logger } from "@drydock/component";
import type { UserInfo } from "../authentication/user-info.ts";
import { type Exchange, headerOf } from "../http/exchange.ts";
import { auditEvent } from "./audit-event.ts";
import type { AuditLog } from "./audit-log.ts";
import type { AuditRecord } from "./audit-record.ts";
import { type AuditPolicy, type AuditStage, type AuditVerdict, evaluatePolicy } from "./policy.ts";

/** Writes what the policy wants to know of each request. A log that cannot be written fails no request. */
export class Auditor {
  readonly #policy: AuditPolicy;
  readonly #log: AuditLog;
  readonly #logger: Logger;

  constructor(policy: AuditPolicy, log: AuditLog, logger: Logger) {
    this.#policy = policy;
    this.#log = log;
    this.#logger = logger;
  }

  /** Starts the record of a request whose user is known; undefined when the policy wants nothing. */
  begin(exchange: Exchange): AuditRecord | undefined {
    const verdict = evaluatePolicy(this.#policy, exchange.info, exchange.user);
    if (verdict.level === "None") return undefined;
    let hasStarted = false;
    const record: AuditRecord = {
      verdict,
      annotations: { ...exchange.earlyAnnotations },
      requestObject: undefined,
      responseObject: undefined,
      status: undefined,
      started: () => {
        if (hasStarted || !exchange.isLongRunning) return;
        hasStarted = true;
        this.#write(exchange, "ResponseStarted", verdict, askerOf(exchange), answerOf(exchange));
      },
    };
    exchange.audit = record;
    this.#write(exchange, "RequestReceived", verdict, exchange.user, undefined);
    return record;
  }

  complete(exchange: Exchange, record: AuditRecord, stage: "ResponseComplete" | "Panic"): void {
    if (stage === "ResponseComplete") record.started();
    this.#write(exchange, stage, record.verdict, askerOf(exchange), answerOf(exchange));
  }

  /** A request whose credentials were not good has no user and no more than this. */
  refused(exchange: Exchange): void {
    const verdict = evaluatePolicy(this.#policy, exchange.info, undefined);
    if (verdict.level === "None") return;
    const status = {
      metadata: {},
      status: "Failure",
      message: attemptsOf(exchange),
      reason: "Unauthorized",
      code: 401,
    };
    this.#write(exchange, "ResponseStarted", verdict, undefined, status);
  }

  #write(
    exchange: Exchange,
    stage: AuditStage,
    { level, omitStages }: AuditVerdict,
    user: UserInfo | undefined,
    responseStatus: object | undefined,
  ): void {
    if (omitStages.has(stage)) return;
    const event = auditEvent({ exchange, level, stage, user, responseStatus, nowMs: Date.now() });
    try {
      this.#log.write(JSON.stringify(event));
    } catch (error) {
      this.#logger.error({ err: error, auditId: exchange.auditId }, "an audit event could not be written");
    }
  }
}

/** Upstream's words for the credentials that were not good enough. */
function attemptsOf({ request, tlsSocket }: Exchange): string {
  const scheme = headerOf(request, "authorization").trim().split(" ")[0]?.toLowerCase() ?? "";
  const attempts = ["basic", "bearer"].filter((known) => known === scheme);
  if (tlsSocket?.getPeerCertificate().subject) attempts.push("x509");
  if (attempts.length === 0) return "Authentication failed, no credentials provided";
  return `Authentication failed, attempted: ${attempts.join(", ")}`;
}

function askerOf({ impersonator, user }: Exchange): UserInfo {
  return impersonator ?? user;
}

function answerOf({ audit, response }: Exchange): object {
  const status: Partial<Status> = audit?.status ?? {};
  const { status: word, message, reason, details, code } = status;
  return {
    metadata: {},
    ...(word && { status: word }),
    ...(message && { message }),
    ...(reason && { reason }),
    ...(details && { details }),
    code: code ?? response.statusCode,
  };
}
