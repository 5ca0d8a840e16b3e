import type { UserInfo } from "../authentication/user-info.ts";
import type { RequestInfo } from "../http/request-info.ts";
import type { AuditRecord } from "./audit-record.ts";

/** A request as the audit log sees it, whichever way it came. */
export interface Audited {
  readonly info: RequestInfo;
  readonly user: UserInfo;
  /** The user who really asked, when `user` is impersonated. */
  readonly impersonator: UserInfo | undefined;
  readonly impersonationConstraint?: string | undefined;
  readonly auditId: string;
  readonly startedAtMs: number;
  readonly isLongRunning: boolean;
  /** What was found out before there was a record. */
  readonly earlyAnnotations: Readonly<Record<string, string>>;
  audit: AuditRecord | undefined;
}

/** Where it came from and what it was answered. */
export interface AuditSource {
  readonly requestUri: string;
  readonly userAgent: string;
  sourceIps(): string[];
  statusCode(): number;
}
