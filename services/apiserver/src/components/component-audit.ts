import { randomUUID } from "node:crypto";
import type { Status } from "@drydock/apimachinery";
import type { Call as WireCall } from "@drydock/proto/drydock/api/v1/api";
import type { RelayedWatch } from "../aggregation/remote-calls.ts";
import type { AuditRecord } from "../audit/audit-record.ts";
import { recordRequest, recordResponse } from "../audit/audit-record.ts";
import type { Audited } from "../audit/audited.ts";
import type { Auditor } from "../audit/auditor.ts";
import type { UserInfo } from "../authentication/user-info.ts";
import type { Outcome } from "../verbs/outcome.ts";

/** What the audit log is told of one call. */
export interface CallAudit {
  readonly annotations: Record<string, string> | undefined;
  /** Where the call is to wait: whether it may go on. */
  readonly received?: Promise<boolean> | undefined;
  request(body: unknown): void;
  answered(outcome: Outcome | RelayedWatch): void;
  failed(status: Status): void;
  /** The call is over. A watch is when it ends, all others as they are answered. */
  end(): void;
}

const SILENT: CallAudit = { annotations: undefined, request() {}, answered() {}, failed() {}, end() {} };

/** Calls of components are recorded as if they had come by REST, under the path they would have had. */
export function auditCall(auditor: Auditor | undefined, wire: WireCall, user: UserInfo, address: string): CallAudit {
  if (!auditor) return SILENT;
  const subject = auditedOf(wire, user);
  let code = wire.verb === "create" ? 201 : 200;
  const record = auditor.begin(subject, {
    requestUri: subject.info.path,
    userAgent: "",
    sourceIps: () => (address === "" ? [] : [address]),
    statusCode: () => code,
  });
  if (!record) return SILENT;
  let isOver = false;
  const end = () => {
    if (isOver) return;
    isOver = true;
    auditor.complete(subject, record, "ResponseComplete");
  };
  return {
    annotations: record.annotations,
    received: record.received,
    request: (body) => recordRequest(record, body),
    answered(outcome) {
      if ("code" in outcome) code = outcome.code;
      const isWatch = outcome.kind === "watch" || outcome.kind === "relay";
      if (!isWatch) recordOutcome(record, outcome);
      if (isWatch) record.started();
      else end();
    },
    failed(status) {
      code = status.code ?? 500;
      record.status = status;
      recordResponse(record, () => status);
      end();
    },
    end,
  };
}

function recordOutcome(record: AuditRecord, outcome: Outcome): void {
  if (outcome.kind === "status") record.status = outcome.status;
  recordResponse(record, () => {
    if (outcome.kind === "object") return outcome.stored.object;
    if (outcome.kind === "plain") return outcome.object;
    return outcome.kind === "status" ? outcome.status : undefined;
  });
}

function auditedOf(wire: WireCall, user: UserInfo): Audited {
  const { verb, group, version, resource, subresource, namespace, name } = wire;
  const parts = [group === "" ? "/api" : `/apis/${group}`, version];
  if (namespace !== "" && resource !== "namespaces") parts.push("namespaces", namespace);
  const path = [...parts, resource, name, subresource].filter((part) => part !== "").join("/");
  const info = { isResourceRequest: true, path, verb, group, version, namespace, resource, subresource, name };
  return {
    info: { ...info, rest: [] },
    user,
    impersonator: undefined,
    auditId: randomUUID(),
    startedAtMs: Date.now(),
    isLongRunning: verb === "watch",
    earlyAnnotations: {},
    audit: undefined,
  };
}
