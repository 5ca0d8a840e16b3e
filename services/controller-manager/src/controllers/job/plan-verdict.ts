import type { V1JobCondition } from "@drydock/kube-api";
import { jobCondition } from "./conditions.ts";
import { countIndexes } from "./index-ranges.ts";
import { isPodFailed, isSuspended, trueCondition } from "./job-state.ts";
import type { JobFacts, JobView } from "./observe-job.ts";
import { matchPodFailurePolicy } from "./pod-failure-policy.ts";
import { matchSuccessPolicy } from "./success-policy.ts";

/**
 * How the Job ends, if its end is decided while pods may still run: `FailureTarget` or `SuccessCriteriaMet` when that is new or
 * stands in the status, `Failed` when the status had the former. What was decided once stays; failure goes before success.
 */
export function planVerdict(view: JobView, facts: JobFacts): V1JobCondition | undefined {
  const { job, nowMs } = view;
  const target = trueCondition(job, "FailureTarget");
  const decided = trueCondition(job, "SuccessCriteriaMet");
  if (decided) return decided;
  if (target) return jobCondition("Failed", "True", target.reason ?? "", target.message ?? "", nowMs);
  const failure = failureOf(view, facts);
  if (failure) return jobCondition("FailureTarget", "True", failure.reason, failure.message, nowMs);
  const success = matchSuccessPolicy(job, facts.succeededIndexes);
  return success === undefined
    ? undefined
    : jobCondition("SuccessCriteriaMet", "True", "SuccessPolicy", success, nowMs);
}

/** How long until `activeDeadlineSeconds` has passed; undefined if nothing is to be waited for. */
export function deadlineInMs({ job, nowMs }: JobView): number | undefined {
  const seconds = job.spec?.activeDeadlineSeconds;
  if (seconds === undefined || isSuspended(job)) return undefined;
  const started = job.status?.startTime;
  return (started ? Date.parse(started) : nowMs) + Number(seconds) * 1000 - nowMs;
}

interface Failure {
  readonly reason: string;
  readonly message: string;
}

function failureOf(view: JobView, facts: JobFacts): Failure | undefined {
  const { job } = view;
  const byPolicy = podFailurePolicyFailure(view);
  if (byPolicy !== undefined) return { reason: "PodFailurePolicy", message: byPolicy };
  if (facts.failed > (job.spec?.backoffLimit ?? 0) || isPastRestarts(view))
    return { reason: "BackoffLimitExceeded", message: "Job has reached the specified backoff limit" };
  const leftMs = deadlineInMs(view);
  if (leftMs !== undefined && leftMs <= 0)
    return { reason: "DeadlineExceeded", message: "Job was active longer than specified deadline" };
  return indexFailure(view, facts);
}

function podFailurePolicyFailure({ job, pods }: JobView): string | undefined {
  if (!job.spec?.podFailurePolicy) return undefined;
  for (const pod of pods) {
    const message = isPodFailed(job, pod) ? matchPodFailurePolicy(job, pod).jobFailure : undefined;
    if (message !== undefined) return message;
  }
  return undefined;
}

/** Where containers restart in place, their restarts count towards the limit. */
function isPastRestarts({ job, pods }: JobView): boolean {
  const { backoffLimit = 0, template } = job.spec ?? {};
  if (template?.spec?.restartPolicy !== "OnFailure") return false;
  const running = pods.filter(({ status }) => status?.phase === "Running" || status?.phase === "Pending");
  const restarts = running
    .flatMap(({ status }) => [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])])
    .reduce((total, { restartCount }) => total + restartCount, 0);
  return restarts >= Math.max(1, backoffLimit);
}

function indexFailure({ job }: JobView, facts: JobFacts): Failure | undefined {
  const { maxFailedIndexes, completions = 0 } = job.spec ?? {};
  const failed = countIndexes(facts.failedIndexes ?? []);
  if (maxFailedIndexes !== undefined && failed > maxFailedIndexes)
    return {
      reason: "MaxFailedIndexesExceeded",
      message: "Job has exceeded the specified maximal number of failed indexes",
    };
  if (failed > 0 && failed + countIndexes(facts.succeededIndexes) >= completions)
    return { reason: "FailedIndexes", message: "Job has failed indexes" };
  return undefined;
}
