import { StatusError } from "@drydock/apimachinery";
import { recordResponse } from "../../audit/audit-record.ts";
import type { Auditor } from "../../audit/auditor.ts";
import { toStatusError } from "../../registry/status-errors.ts";
import { attemptsOf, auditSourceOf } from "../audit-source.ts";
import type { Filter } from "../exchange.ts";
import { respondText } from "../respond.ts";

/** Records requests; stands behind `authentication`, as the policy asks for the user, and before `impersonation`. */
export function audit(auditor: Auditor | undefined): Filter {
  return async (exchange, next) => {
    const record = auditor?.begin(exchange, auditSourceOf(exchange));
    if (!auditor || !record) return next(exchange);
    if (record.received && !(await record.received)) {
      const uri = JSON.stringify(exchange.request.url ?? "/");
      return respondText(exchange, 500, `Internal Server Error: ${uri}: failed to store audit event\n`);
    }
    try {
      await next(exchange);
    } catch (error) {
      const { status } = toStatusError(error);
      record.status = status;
      recordResponse(record, () => status);
      const isBug = error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
      auditor.complete(exchange, record, isBug ? "Panic" : "ResponseComplete");
      throw error;
    }
    auditor.complete(exchange, record, "ResponseComplete");
  };
}

/** Records who is turned away for their credentials; stands before `authentication`. */
export function auditRefused(auditor: Auditor | undefined): Filter {
  return async (exchange, next) => {
    try {
      await next(exchange);
    } catch (error) {
      const isRefusal = error instanceof StatusError && error.code === 401 && !exchange.isAuthenticated;
      if (isRefusal) auditor?.refused(exchange, auditSourceOf(exchange), attemptsOf(exchange));
      throw error;
    }
  };
}
