import { ErrorCode } from "../error-code.ts";

/** gRPC's status codes. */
export const GrpcStatus = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

/** Names in lower case. A name that comes twice has its values joined with a comma; those that end in -bin stay base64. */
export type GrpcMetadata = Readonly<Record<string, string>>;

export interface GrpcErrorOptions extends ErrorOptions {
  /** Trailers that came with the status. */
  readonly metadata?: GrpcMetadata;
  /** The server has not looked at the call, for certain. */
  readonly isUnprocessed?: boolean;
}

/** A call that did not end with OK. `message` and `details` are the server's own words, if it said any. */
export class GrpcError extends Error {
  override readonly name = "GrpcError";
  readonly code: number;
  readonly metadata: GrpcMetadata;
  readonly isUnprocessed: boolean;

  constructor(code: number, details: string, options: GrpcErrorOptions = {}) {
    super(details, options);
    this.code = code;
    this.metadata = options.metadata ?? {};
    this.isUnprocessed = options.isUnprocessed ?? false;
  }

  get details(): string {
    return this.message;
  }
}

/** gRPC over HTTP/2, "Errors": what a reset says about a call. */
export function statusOfReset(code: number): number {
  switch (code) {
    case ErrorCode.REFUSED_STREAM:
      return GrpcStatus.UNAVAILABLE;
    case ErrorCode.CANCEL:
      return GrpcStatus.CANCELLED;
    case ErrorCode.ENHANCE_YOUR_CALM:
      return GrpcStatus.RESOURCE_EXHAUSTED;
    case ErrorCode.INADEQUATE_SECURITY:
      return GrpcStatus.PERMISSION_DENIED;
    default:
      return GrpcStatus.INTERNAL;
  }
}

/** What an answer says that is not gRPC's, from a proxy for instance. */
export function statusOfHttp(status: number): number {
  if (status === 400) return GrpcStatus.INTERNAL;
  if (status === 401) return GrpcStatus.UNAUTHENTICATED;
  if (status === 403) return GrpcStatus.PERMISSION_DENIED;
  if (status === 404) return GrpcStatus.UNIMPLEMENTED;
  return [429, 502, 503, 504].includes(status) ? GrpcStatus.UNAVAILABLE : GrpcStatus.UNKNOWN;
}
