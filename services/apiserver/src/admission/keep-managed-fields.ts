import { deepEqual, isRecord, parseManagedFields } from "@drydock/apimachinery";
import type { AdmissionRequest } from "./admission.ts";

const WARNING =
  ".metadata.managedFields was in an invalid state after admission; this could be caused by an outdated mutating admission controller; please fix your requests:";

/** What a plugin makes of the managers is kept only if it can be read; otherwise they are who they were before, and the client is told. */
export async function keepManagedFields(request: AdmissionRequest, mutate: () => Promise<void>): Promise<void> {
  const before = request.object?.metadata.managedFields;
  await mutate();
  const { metadata } = request.object ?? {};
  if (!metadata || deepEqual(metadata.managedFields, before)) return;
  if (isReadable(metadata.managedFields)) return;
  if (before) metadata.managedFields = before;
  else delete metadata.managedFields;
  request.context.warn(`${WARNING} cannot be read`);
}

function isReadable(entries: unknown): boolean {
  if (entries === undefined) return true;
  return Array.isArray(entries) && entries.every(isRecord) && parseManagedFields(entries) !== undefined;
}
