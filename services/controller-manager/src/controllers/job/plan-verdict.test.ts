import assert from "node:assert/strict";
import type { V1JobSpec, V1JobStatus, V1PodFailurePolicyRule } from "@drydock/kube-api";
import { FIXTURE_NOW_MS, type JobPodFixture, jobFixture, jobPodFixture, jobViewFixture } from "./job-fixture.ts";
import { planVerdict } from "./plan-verdict.ts";

interface Row {
  readonly it: string;
  readonly spec?: Partial<V1JobSpec>;
  readonly status?: V1JobStatus;
  readonly pods?: readonly JobPodFixture[];
  /** Type, reason and message; absent when nothing is decided. */
  readonly expect?: readonly [type: string, reason: string, message: string];
}

const failed = { phase: "Failed", exitCode: 3 };
const policy = (...rules: V1PodFailurePolicyRule[]): Partial<V1JobSpec> => ({ podFailurePolicy: { rules } });
const onCode = (action: string, ...values: number[]) => ({ action, onExitCodes: { operator: "In", values } });
const indexed: Partial<V1JobSpec> = { completionMode: "Indexed", completions: 4, parallelism: 4 };
const perIndex: Partial<V1JobSpec> = { ...indexed, backoffLimit: 100, backoffLimitPerIndex: 0 };
const limit = ["FailureTarget", "BackoffLimitExceeded", "Job has reached the specified backoff limit"] as const;
const onFailure = (backoffLimit: number): Partial<V1JobSpec> => ({
  backoffLimit,
  template: { spec: { restartPolicy: "OnFailure", containers: [] } },
});
const startedAgo = (ms: number) => ({ startTime: new Date(FIXTURE_NOW_MS - ms).toISOString() });
const conditions = (type: string) => [{ type, status: "True", reason: "R", message: "m" }];

const TABLE: readonly Row[] = [
  { it: "decides nothing while pods may still succeed", spec: { backoffLimit: 1 }, pods: [{ name: "a", ...failed }] },
  { it: "fails beyond the back-off limit", spec: { backoffLimit: 0 }, pods: [{ name: "a", ...failed }], expect: limit },
  {
    it: "adds up failures counted, being counted, and new",
    spec: { backoffLimit: 2 },
    status: { failed: 1, uncountedTerminatedPods: { failed: ["x"] } },
    pods: [{ name: "a", ...failed }],
    expect: limit,
  },
  { it: "counts a pod once", spec: { backoffLimit: 0 }, pods: [{ name: "a", ...failed, isReleased: true }] },
  {
    it: "counts restarts in place",
    spec: onFailure(3),
    pods: [
      { name: "a", restarts: 2 },
      { name: "b", restarts: 1 },
    ],
    expect: limit,
  },
  { it: "allows restarts below the limit", spec: onFailure(3), pods: [{ name: "a", restarts: 2 }] },
  {
    it: "allows no restart where the limit is 0",
    spec: onFailure(0),
    pods: [{ name: "a", restarts: 1 }],
    expect: limit,
  },
  {
    it: "fails at the deadline",
    spec: { activeDeadlineSeconds: 10 },
    status: startedAgo(10_000),
    expect: ["FailureTarget", "DeadlineExceeded", "Job was active longer than specified deadline"],
  },
  { it: "does not fail before it", spec: { activeDeadlineSeconds: 10 }, status: startedAgo(9000) },
  {
    it: "has no deadline while suspended",
    spec: { activeDeadlineSeconds: 10, suspend: true },
    status: startedAgo(60_000),
  },
  {
    it: "fails by an exit code",
    spec: policy(onCode("Ignore", 1), onCode("FailJob", 3)),
    pods: [{ name: "a", ...failed }],
    expect: [
      "FailureTarget",
      "PodFailurePolicy",
      "Container c for pod default/a failed with exit code 3 matching FailJob rule at index 1",
    ],
  },
  {
    it: "fails by a code that is not among those allowed",
    spec: policy({ action: "FailJob", onExitCodes: { containerName: "c", operator: "NotIn", values: [1] } }),
    pods: [{ name: "a", ...failed }],
    expect: [
      "FailureTarget",
      "PodFailurePolicy",
      "Container c for pod default/a failed with exit code 3 matching FailJob rule at index 0",
    ],
  },
  {
    it: "looks at the container that is named",
    spec: policy({ action: "FailJob", onExitCodes: { containerName: "other", operator: "In", values: [3] } }),
    pods: [{ name: "a", ...failed }],
  },
  {
    it: "fails by a pod's condition",
    spec: policy({ action: "FailJob", onPodConditions: [{ type: "Ready", status: "False" }] }),
    pods: [{ name: "a", ...failed }],
    expect: ["FailureTarget", "PodFailurePolicy", "Pod default/a has condition Ready matching FailJob rule at index 0"],
  },
  {
    it: "does not count what the policy ignores",
    spec: { ...policy(onCode("Ignore", 3)), backoffLimit: 0 },
    pods: [{ name: "a", ...failed }],
  },
  {
    it: "counts what the policy says counts",
    spec: { ...policy(onCode("Count", 3), onCode("Ignore", 3)), backoffLimit: 0 },
    pods: [{ name: "a", ...failed }],
    expect: limit,
  },
  {
    it: "fails when all indexes have ended and some have failed",
    spec: perIndex,
    status: { completedIndexes: "0-2" },
    pods: [{ name: "a", index: 3, ...failed }],
    expect: ["FailureTarget", "FailedIndexes", "Job has failed indexes"],
  },
  {
    it: "goes on while indexes are left",
    spec: perIndex,
    status: { completedIndexes: "0-1" },
    pods: [{ name: "a", index: 3, ...failed }],
  },
  {
    it: "fails when too many indexes have failed",
    spec: { ...perIndex, maxFailedIndexes: 1 },
    status: { failedIndexes: "0" },
    pods: [{ name: "a", index: 3, ...failed }],
    expect: [
      "FailureTarget",
      "MaxFailedIndexesExceeded",
      "Job has exceeded the specified maximal number of failed indexes",
    ],
  },
  {
    it: "fails an index at once where the policy says so",
    spec: { ...perIndex, backoffLimitPerIndex: 9, maxFailedIndexes: 0, ...policy(onCode("FailIndex", 3)) },
    pods: [{ name: "a", index: 3, ...failed }],
    expect: [
      "FailureTarget",
      "MaxFailedIndexesExceeded",
      "Job has exceeded the specified maximal number of failed indexes",
    ],
  },
  {
    it: "succeeds by the indexes that matter",
    spec: {
      ...indexed,
      successPolicy: { rules: [{ succeededIndexes: "0-1" }, { succeededIndexes: "2-3", succeededCount: 1 }] },
    },
    status: { completedIndexes: "0" },
    pods: [{ name: "a", index: 3, phase: "Succeeded" }],
    expect: ["SuccessCriteriaMet", "SuccessPolicy", "Matched rules at index 1"],
  },
  {
    it: "succeeds by a number of indexes",
    spec: { ...indexed, successPolicy: { rules: [{ succeededCount: 2 }] } },
    status: { completedIndexes: "0,3" },
    expect: ["SuccessCriteriaMet", "SuccessPolicy", "Matched rules at index 0"],
  },
  {
    it: "does not succeed before",
    spec: { ...indexed, successPolicy: { rules: [{ succeededCount: 2 }] } },
    status: { completedIndexes: "0" },
  },
  { it: "keeps to a failure", status: { conditions: conditions("FailureTarget") }, expect: ["Failed", "R", "m"] },
  {
    it: "keeps to a success",
    spec: { backoffLimit: 0 },
    status: { conditions: conditions("SuccessCriteriaMet") },
    pods: [{ name: "a", ...failed }],
    expect: ["SuccessCriteriaMet", "R", "m"],
  },
];

describe("planVerdict", () => {
  for (const { it: what, spec = {}, status, pods = [], expect } of TABLE)
    it(what, () => {
      const { view, facts } = jobViewFixture(jobFixture(spec, status), pods);
      const verdict = planVerdict(view, facts);
      assert.deepEqual(verdict && [verdict.type, verdict.reason, verdict.message], expect);
    });

  it("counts a pod that is being deleted unless it is to end first", () => {
    const gone = jobPodFixture({ name: "a", deletedMs: 1 });
    const decided = (spec: Partial<V1JobSpec>) => {
      const { view, facts } = jobViewFixture(jobFixture({ backoffLimit: 0, ...spec }), [], { pods: [gone] });
      return planVerdict(view, facts)?.reason;
    };
    assert.equal(decided({}), "BackoffLimitExceeded");
    assert.equal(decided({ podReplacementPolicy: "Failed" }), undefined);
  });
});
