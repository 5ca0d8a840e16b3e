import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { AuditRecord } from "../audit/audit-record.ts";
import type { UserInfo } from "../authentication/user-info.ts";
import type { RequestInfo } from "./request-info.ts";

export type ServerRequest = IncomingMessage | Http2ServerRequest;
export type Response = ServerResponse | Http2ServerResponse;

/** An HTTP/1.1 connection that asks to become something else; the handler that accepts takes the socket over. */
export interface Upgrade {
  readonly socket: Duplex;
  readonly head: Buffer;
}

/**
 * One request on its way through the handler chain. Filters fill in what they find out, in the order of the chain: reading
 * a field before its filter ran is a bug.
 */
export interface Exchange {
  readonly request: ServerRequest;
  readonly response: Response;
  /** Present when the client asked for an upgrade; `response` then writes to the same socket. */
  readonly upgrade: Upgrade | undefined;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly tlsSocket: TLSSocket | undefined;
  readonly startedAtMs: number;
  readonly auditId: string;
  /** Aborted when the client goes away or the deadline passes. */
  readonly abort: AbortController;
  readonly warnings: string[];
  /** What the audit log should say and was found out before there was an entry. */
  readonly earlyAnnotations: Record<string, string>;
  info: RequestInfo;
  user: UserInfo;
  /** The user who really asked, when `user` is impersonated. */
  impersonator: UserInfo | undefined;
  /** By which right, when it was one that is bound to what is done. */
  impersonationConstraint: string | undefined;
  /** Long-running requests (watch, log -f, exec) are not counted or timed like others. */
  isLongRunning: boolean;
  /** Whether `user` is who authentication found. */
  isAuthenticated: boolean;
  /** Called when a watch has told what it begins with. */
  onWatchBegan: (() => void) | undefined;
  /** What the audit log will say; undefined when the policy wants nothing. */
  audit: AuditRecord | undefined;
}

export type Handler = (exchange: Exchange) => Promise<void>;

/** One link of the handler chain: does its part, then calls `next`, or answers itself, or throws a StatusError. */
export type Filter = (exchange: Exchange, next: Handler) => Promise<void>;

/** The first filter is the outermost. */
export function chain(filters: readonly Filter[], last: Handler): Handler {
  return filters.reduceRight<Handler>((next, filter) => (exchange) => filter(exchange, next), last);
}

export function headerOf(request: ServerRequest, name: string): string {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(", ") : (value ?? "");
}

/** Notes something in the audit log, if there is an entry for this request. */
export function annotate({ audit }: Exchange, key: string, value: string): void {
  if (audit) audit.annotations[key] = value;
}
