import type { Status } from "@drydock/apimachinery";
import type { AuditSource } from "./audited.ts";
import type { AuditVerdict } from "./policy.ts";

/** What is gathered about one request while it passes the handler chain. Absent when the policy wants nothing of it. */
export interface AuditRecord {
  readonly verdict: AuditVerdict;
  readonly source: AuditSource;
  readonly annotations: Record<string, string>;
  /** Where the request is to wait: whether it may go on. */
  received: Promise<boolean> | undefined;
  requestObject: unknown;
  responseObject: unknown;
  /** A Status that was answered, or that an error came to. */
  status: Status | undefined;
  /** Called when the answer begins. */
  started(): void;
}

/** Keeps the body of a request if the level wants it. */
export function recordRequest(record: AuditRecord | undefined, object: unknown): void {
  if (!record || (record.verdict.level !== "Request" && record.verdict.level !== "RequestResponse")) return;
  record.requestObject = contentOf(record, object);
}

/** Keeps the answer if the level wants it; `make` is not called otherwise. */
export function recordResponse(record: AuditRecord | undefined, make: () => unknown): void {
  if (record?.verdict.level === "RequestResponse") record.responseObject = contentOf(record, make());
}

function contentOf({ verdict }: AuditRecord, object: unknown): unknown {
  const copy: unknown = structuredClone(object);
  if (verdict.omitManagedFields) dropManagedFields(copy);
  return copy;
}

function dropManagedFields(object: unknown): void {
  const { metadata, items } = (object ?? {}) as { metadata?: { managedFields?: unknown }; items?: unknown[] };
  if (metadata) delete metadata.managedFields;
  if (Array.isArray(items)) items.forEach(dropManagedFields);
}
