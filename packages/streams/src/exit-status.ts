/** A metav1.Status that tells how a command ended: well, with an exit code, or why it never ran. */
export function exitStatus(
  code: number,
  error: string,
): { readonly status: string; readonly [field: string]: unknown } {
  const head = { apiVersion: "v1", kind: "Status", metadata: {} } as const;
  if (error) return { ...head, status: "Failure", reason: "InternalError", code: 500, message: error };
  if (code === 0) return { ...head, status: "Success" };
  return {
    ...head,
    status: "Failure",
    reason: "NonZeroExitCode",
    message: `command terminated with non-zero exit code: exit status ${code}`,
    details: { causes: [{ reason: "ExitCode", message: String(code) }] },
  };
}
