/** Groups of the Kubernetes community, whose definitions need somebody's word that the API was approved (KEP-1111). */
export function isProtectedGroup(group: string): boolean {
  return /(^|\.)(k8s|kubernetes)\.io$/.test(group);
}

export const approvalAnnotation = "api-approved.kubernetes.io";
