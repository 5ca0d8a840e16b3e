import type { V1CustomResourceDefinition } from "@drydock/kube-api";
import { approvalAnnotation, isProtectedGroup } from "../protected-groups.ts";
import { setCondition } from "./conditions.ts";
import { planNames } from "./plan-names.ts";

/** The definition with the status it should have. Pure: `now` is the time of transitions. */
export function planStatus(
  crd: V1CustomResourceDefinition,
  others: readonly V1CustomResourceDefinition[],
  now: string,
): V1CustomResourceDefinition {
  const next = structuredClone(crd);
  if (crd.metadata.deletionTimestamp) return next;
  const { acceptedNames, namesAccepted, established } = planNames(crd, others);
  next.status = { ...next.status, acceptedNames };
  setCondition(next, { type: "NamesAccepted", ...namesAccepted }, now);
  setCondition(next, { type: "Established", ...established }, now);
  if (isProtectedGroup(crd.spec.group)) setCondition(next, approval(crd), now);
  return next;
}

function approval({ metadata }: V1CustomResourceDefinition) {
  const type = "KubernetesAPIApprovalPolicyConformant";
  const value = metadata.annotations?.[approvalAnnotation] ?? "";
  if (value === "")
    return {
      type,
      status: "False",
      reason: "MissingAnnotation",
      message: `protected groups must have approval annotation ${JSON.stringify(approvalAnnotation)}, see https://github.com/kubernetes/enhancements/pull/1111`,
    };
  if (value.startsWith("unapproved"))
    return { type, status: "False", reason: "UnapprovedAnnotation", message: `not approved: ${JSON.stringify(value)}` };
  return { type, status: "True", reason: "ApprovedAnnotation", message: `approved in ${value}` };
}
