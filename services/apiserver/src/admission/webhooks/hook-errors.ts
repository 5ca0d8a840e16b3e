import { badRequest, internal, type Status, StatusError } from "@drydock/apimachinery";

/** The webhook could not be asked, or what it said could not be understood: its failurePolicy decides. */
export class HookCallError extends Error {
  readonly code: number;

  constructor(name: string, reason: string, code: number) {
    super(`failed calling webhook ${JSON.stringify(name)}: ${reason}`);
    this.code = code;
  }

  get asStatus(): StatusError {
    const { status } = internal(this.message);
    return new StatusError({ ...status, details: { causes: [{ message: this.message }] } });
  }
}

/** The webhook was asked and says no. */
export class HookDenial extends Error {
  readonly denial: StatusError;

  constructor(denial: StatusError) {
    super(denial.message);
    this.denial = denial;
  }
}

/** A denial is the webhook's own Status; it is never less than a 400, and says who denied. */
export function denialOf(name: string, result: Readonly<Record<string, unknown>>): HookDenial {
  const deniedBy = `admission webhook ${JSON.stringify(name)} denied the request`;
  const { message, reason, code, status: _status, ...others } = result as Partial<Status>;
  const why = message || reason;
  const status: Status = {
    ...others,
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: why ? `${deniedBy}: ${why}` : `${deniedBy} without explanation`,
    code: typeof code === "number" && code >= 400 ? code : 400,
  };
  if (reason) status.reason = reason;
  return new HookDenial(new StatusError(status));
}

export function dryRunUnsupported(name: string): HookDenial {
  return new HookDenial(badRequest(`admission webhook ${JSON.stringify(name)} does not support dry run`));
}
