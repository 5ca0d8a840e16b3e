import { type FieldError, fieldErrorBody, fieldErrorMessage } from "./field-error.ts";
import {
  formatGroupKind,
  formatGroupResource,
  type GroupKind,
  type GroupResource,
  type Status,
  type StatusDetails,
} from "./meta.ts";

/** An error that is an answer: the one error type of the API, on both sides of the wire. Texts are upstream's. */
export class StatusError extends Error {
  readonly status: Status;

  constructor(status: Status, options?: ErrorOptions) {
    super(status.message ?? "", options);
    this.name = "StatusError";
    this.status = status;
  }

  get code(): number {
    return this.status.code ?? 500;
  }

  get reason(): string {
    return this.status.reason ?? "";
  }

  /** Anything thrown → a StatusError: itself, or a 500 that keeps the cause. */
  static from(error: unknown): StatusError {
    if (error instanceof StatusError) return error;
    const message = error instanceof Error ? error.message : String(error);
    return new StatusError(internal(message).status, { cause: error });
  }
}

function failure(code: number, reason: string, message: string, details?: StatusDetails): StatusError {
  return new StatusError({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    ...(reason !== "" && { reason }),
    ...(details !== undefined && { details }),
    code,
  });
}

/** Details carry the resource under `kind`, as upstream does. */
function detailsOf(gr: GroupResource, name: string): StatusDetails {
  return {
    ...(name !== "" && { name }),
    ...(gr.group !== "" && { group: gr.group }),
    ...(gr.resource !== "" && { kind: gr.resource }),
  };
}

const quoted = (name: string) => JSON.stringify(name);

/** There is no such object. */
export function notFound(gr: GroupResource, name: string): StatusError {
  return failure(404, "NotFound", `${formatGroupResource(gr)} ${quoted(name)} not found`, detailsOf(gr, name));
}

/** A path that no resource serves. */
export function genericNotFoundPath(): StatusError {
  return failure(404, "NotFound", "the server could not find the requested resource", {});
}

/** An object of that name is there already. */
export function alreadyExists(gr: GroupResource, name: string): StatusError {
  const message = `${formatGroupResource(gr)} ${quoted(name)} already exists`;
  return failure(409, "AlreadyExists", message, detailsOf(gr, name));
}

/** The object is another than the writer thought: another version, another uid. */
export function conflict(gr: GroupResource, name: string, message: string): StatusError {
  const text = `Operation cannot be fulfilled on ${formatGroupResource(gr)} ${quoted(name)}: ${message}`;
  return failure(409, "Conflict", text, detailsOf(gr, name));
}

/** The message of the conflict that a stale resourceVersion causes. */
export const optimisticLockMessage =
  "the object has been modified; please apply your changes to the latest version and try again";

/** The object breaks rules of its kind; each breach is a cause, with its field. */
export function invalid(gk: GroupKind, name: string, errors: readonly FieldError[]): StatusError {
  const texts = [...new Set(errors.map(fieldErrorMessage))];
  const list = texts.length === 1 ? texts[0] : `[${texts.join(", ")}]`;
  const causes = errors.map((error) => ({
    reason: error.type,
    message: fieldErrorBody(error),
    field: error.field,
  }));
  const suffix = texts.length === 0 ? "" : `: ${list}`;
  return failure(422, "Invalid", `${formatGroupKind(gk)} ${quoted(name)} is invalid${suffix}`, {
    ...(name !== "" && { name }),
    ...(gk.group !== "" && { group: gk.group }),
    ...(gk.kind !== "" && { kind: gk.kind }),
    ...(causes.length > 0 && { causes }),
  });
}

/** The request cannot be understood: its body, its query, its selectors. */
export function badRequest(message: string): StatusError {
  return failure(400, "BadRequest", message);
}

/** A 422 without field errors, e.g. a patch that does not apply. */
export function unprocessable(message: string): StatusError {
  return failure(422, "Invalid", message);
}

/** The caller may not do that, or admission refuses it. */
export function forbidden(gr: GroupResource, name: string, reason: string): StatusError {
  const resource = formatGroupResource(gr);
  const subject = resource === "" ? "forbidden" : name === "" ? `${resource} is forbidden` : undefined;
  const head = subject ?? `${resource} ${quoted(name)} is forbidden`;
  return failure(403, "Forbidden", `${head}: ${reason}`, detailsOf(gr, name));
}

/** Nobody knows who the caller is. */
export function unauthorized(message = "Unauthorized"): StatusError {
  return failure(401, "Unauthorized", message);
}

/** The resource has no such verb. */
export function methodNotSupported(gr: GroupResource, verb: string): StatusError {
  const message = `${verb} is not supported on resources of kind ${quoted(formatGroupResource(gr))}`;
  return failure(405, "MethodNotAllowed", message, detailsOf(gr, ""));
}

/** The path exists, but not for this method. */
export function methodNotAllowed(): StatusError {
  return failure(405, "MethodNotAllowed", "the server does not allow this method on the requested resource");
}

/** The resourceVersion or continue token lies before the last compaction. */
export function expired(message: string): StatusError {
  return failure(410, "Expired", message);
}

/** What is asked for was there and is no more. */
export function gone(message: string): StatusError {
  return failure(410, "Gone", message);
}

/** The body is larger than the server takes. */
export function requestEntityTooLarge(message: string): StatusError {
  return failure(413, "RequestEntityTooLarge", `Request entity too large: ${message}`);
}

/** The body comes in a form that the server does not read. */
export function unsupportedMediaType(accepted: readonly string[]): StatusError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(", ")}`;
  return failure(415, "UnsupportedMediaType", message);
}

/** The answer cannot be given in any form that the caller accepts. */
export function notAcceptable(accepted: readonly string[]): StatusError {
  const message = `only the following media types are accepted: ${accepted.join(", ")}`;
  return failure(406, "NotAcceptable", message);
}

/** Something went wrong that should not have; the server's log says more. */
export function internal(message: string): StatusError {
  return failure(500, "InternalError", `Internal error occurred: ${message}`, { causes: [{ message }] });
}

/** It was not done in time; it may have been done all the same, or be done yet. */
export function timeout(message: string, retryAfterSeconds = 0): StatusError {
  return failure(504, "Timeout", `Timeout: ${message}`, retryAfterSeconds > 0 ? { retryAfterSeconds } : {});
}

/** The store cannot answer just now; to be tried again. */
export function serverTimeout(gr: GroupResource, verb: string, retryAfterSeconds: number): StatusError {
  const message = `The ${verb} operation against ${formatGroupResource(gr)} could not be completed at this time, please try again.`;
  return failure(500, "ServerTimeout", message, { ...detailsOf(gr, ""), retryAfterSeconds });
}

/** The server has too much to do, or a budget forbids it just now; to be tried again after a while. */
export function tooManyRequests(message: string, retryAfterSeconds: number): StatusError {
  return failure(429, "TooManyRequests", message, { retryAfterSeconds });
}

/** Who should answer cannot be reached. */
export function serviceUnavailable(message: string): StatusError {
  return failure(503, "ServiceUnavailable", message);
}
