import { type FieldError, FieldPath, fieldErrors } from "@drydock/apimachinery";
import type { V1DeviceClaim, V1DeviceRequestAllocationResult } from "@drydock/kube-api";

const LABEL = "resource.kubernetes.io/admin-access";

/** Devices that are in use already are for administrators, whose namespaces say so (KEP-5018). */
export function validateAdminRequests(
  claim: V1DeviceClaim | undefined,
  labels: Readonly<Record<string, string>>,
): FieldError[] {
  const index = (claim?.requests ?? []).findIndex(({ exactly }) => exactly?.adminAccess === true);
  return refuse(index, FieldPath.of("spec", "devices", "requests"), labels);
}

/** What was granted stays so. */
export function validateAdminResults(
  results: readonly V1DeviceRequestAllocationResult[] | undefined,
  before: readonly V1DeviceRequestAllocationResult[] | undefined,
  labels: Readonly<Record<string, string>>,
): FieldError[] {
  if (before?.some(({ adminAccess }) => adminAccess === true)) return [];
  const index = (results ?? []).findIndex(({ adminAccess }) => adminAccess === true);
  return refuse(index, FieldPath.of("status", "allocation", "devices", "results"), labels);
}

function refuse(index: number, path: FieldPath, labels: Readonly<Record<string, string>>): FieldError[] {
  if (index < 0 || labels[LABEL] === "true") return [];
  const why = `admin access to devices requires the \`${LABEL}: true\` label on the containing namespace`;
  return [fieldErrors.forbidden(path.index(index).child("adminAccess"), why)];
}
