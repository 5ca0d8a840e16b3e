import type { Status } from "@drydock/apimachinery";
import type { Logger } from "@drydock/component";
import type { UserInfo } from "../authentication/user-info.ts";
import type { AuditBackend } from "./audit-backend.ts";
import { auditEvent } from "./audit-event.ts";
import type { AuditRecord } from "./audit-record.ts";
import type { Audited, AuditSource } from "./audited.ts";
import { type AuditPolicy, type AuditStage, type AuditVerdict, evaluatePolicy } from "./policy.ts";

/** Writes what the policy wants to know of each request. A log that cannot be written fails no request. */
export class Auditor {
  readonly #policy: AuditPolicy;
  readonly #backends: readonly AuditBackend[];
  readonly #logger: Logger;

  constructor(policy: AuditPolicy, backends: readonly AuditBackend[], logger: Logger) {
    this.#policy = policy;
    this.#backends = backends;
    this.#logger = logger;
  }

  /** Starts the record of a request whose user is known; undefined when the policy wants nothing. */
  begin(subject: Audited, source: AuditSource): AuditRecord | undefined {
    const verdict = evaluatePolicy(this.#policy, subject.info, subject.user);
    if (verdict.level === "None") return undefined;
    let hasStarted = false;
    const record: AuditRecord = {
      verdict,
      annotations: { ...subject.earlyAnnotations },
      received: undefined,
      requestObject: undefined,
      responseObject: undefined,
      status: undefined,
      source,
      started: () => {
        if (hasStarted || !subject.isLongRunning) return;
        hasStarted = true;
        void this.#write(subject, source, "ResponseStarted", verdict, askerOf(subject), answerOf(subject, source));
      },
    };
    subject.audit = record;
    record.received = this.#write(subject, source, "RequestReceived", verdict, subject.user, undefined);
    return record;
  }

  /** Sends what is still to be sent. */
  async stop(): Promise<void> {
    await Promise.all(this.#backends.map((backend) => backend.stop?.()));
  }

  complete(subject: Audited, record: AuditRecord, stage: "ResponseComplete" | "Panic"): void {
    if (stage === "ResponseComplete") record.started();
    const { source, verdict } = record;
    void this.#write(subject, source, stage, verdict, askerOf(subject), answerOf(subject, source));
  }

  /** A request whose credentials were not good has no user and no more than this. */
  refused(subject: Audited, source: AuditSource, message: string): void {
    const verdict = evaluatePolicy(this.#policy, subject.info, undefined);
    if (verdict.level === "None") return;
    const status = {
      metadata: {},
      status: "Failure",
      message,
      reason: "Unauthorized",
      code: 401,
    };
    void this.#write(subject, source, "ResponseStarted", verdict, undefined, status);
  }

  /** Undefined when there is nothing to wait for; else whether no strict backend has failed. Never rejects. */
  #write(
    subject: Audited,
    source: AuditSource,
    stage: AuditStage,
    { level, omitStages }: AuditVerdict,
    user: UserInfo | undefined,
    responseStatus: object | undefined,
  ): Promise<boolean> | undefined {
    if (omitStages.has(stage)) return undefined;
    const event = auditEvent({ subject, source, level, stage, user, responseStatus, nowMs: Date.now() });
    const failed = ({ isStrict }: AuditBackend, error: unknown) => {
      this.#logger.error({ err: error, auditId: subject.auditId }, "an audit event could not be written");
      return !isStrict;
    };
    const waits: (boolean | Promise<boolean>)[] = [];
    for (const backend of this.#backends) {
      try {
        const written = backend.write(event);
        if (written)
          waits.push(
            written.then(
              () => true,
              (error: unknown) => failed(backend, error),
            ),
          );
      } catch (error) {
        if (!failed(backend, error)) waits.push(false);
      }
    }
    return waits.length === 0 ? undefined : Promise.all(waits).then((all) => all.every((mayGoOn) => mayGoOn));
  }
}

function askerOf({ impersonator, user }: Audited): UserInfo {
  return impersonator ?? user;
}

function answerOf({ audit }: Audited, source: AuditSource): object {
  const status: Partial<Status> = audit?.status ?? {};
  const { status: word, message, reason, details, code } = status;
  return {
    metadata: {},
    ...(word && { status: word }),
    ...(message && { message }),
    ...(reason && { reason }),
    ...(details && { details }),
    code: code ?? source.statusCode(),
  };
}
