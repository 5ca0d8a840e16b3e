import type {
  V1ContainerStatus,
  V1Job,
  V1Pod,
  V1PodFailurePolicyOnExitCodesRequirement,
  V1PodFailurePolicyRule,
} from "@drydock/kube-api";

/** What the Job's policy makes of a failed pod. */
export interface PodFailureVerdict {
  /** Absent when no rule matches. */
  readonly action?: string;
  /** Whether the failure counts towards the back-off limits. */
  readonly counts: boolean;
  /** Why the Job fails as a whole, if it does. */
  readonly jobFailure?: string;
}

/** The first rule that matches decides. */
export function matchPodFailurePolicy({ spec }: V1Job, pod: V1Pod): PodFailureVerdict {
  for (const [index, rule] of (spec?.podFailurePolicy?.rules ?? []).entries()) {
    const cause = rule.onExitCodes ? exitCause(rule.onExitCodes, pod) : conditionCause(rule, pod);
    if (cause === undefined) continue;
    const { action } = rule;
    if (action === "Ignore") return { action, counts: false };
    if (action !== "FailJob") return { action, counts: true };
    return { action, counts: true, jobFailure: `${cause} matching ${action} rule at index ${index}` };
  }
  return { counts: true };
}

function exitCause(requirement: V1PodFailurePolicyOnExitCodesRequirement, pod: V1Pod): string | undefined {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  const { namespace, name } = pod.metadata;
  const container = [...containerStatuses, ...initContainerStatuses].find((status) => exitMatches(requirement, status));
  if (!container) return undefined;
  const code = container.state?.terminated?.exitCode;
  return `Container ${container.name} for pod ${namespace}/${name} failed with exit code ${code}`;
}

function exitMatches(
  { containerName, operator, values }: V1PodFailurePolicyOnExitCodesRequirement,
  { name, state }: V1ContainerStatus,
): boolean {
  const code = state?.terminated?.exitCode ?? 0;
  if (code === 0 || (containerName !== undefined && containerName !== name)) return false;
  if (operator === "In") return values.includes(code);
  return operator === "NotIn" && !values.includes(code);
}

function conditionCause({ onPodConditions = [] }: V1PodFailurePolicyRule, pod: V1Pod): string | undefined {
  const found = pod.status?.conditions?.find(({ type, status }) =>
    onPodConditions.some((pattern) => pattern.type === type && pattern.status === status),
  );
  return found && `Pod ${pod.metadata.namespace}/${pod.metadata.name} has condition ${found.type}`;
}
