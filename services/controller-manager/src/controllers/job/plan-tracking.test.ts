import assert from "node:assert/strict";
import type { V1JobCondition, V1JobSpec, V1JobStatus } from "@drydock/kube-api";
import { jobCondition } from "./conditions.ts";
import { FIXTURE_NOW_MS, type JobPodFixture, jobFixture, jobViewFixture } from "./job-fixture.ts";
import type { JobView } from "./observe-job.ts";
import { countReleased, planEnd, planTracking } from "./plan-tracking.ts";

const failure = jobCondition("FailureTarget", "True", "R", "m", FIXTURE_NOW_MS);
const success = jobCondition("SuccessCriteriaMet", "True", "R", "m", FIXTURE_NOW_MS);
const done = { phase: "Succeeded", exitCode: 0 };
const failed = { phase: "Failed", exitCode: 3 };
const uncounted = (succeeded: string[], ended: string[]): V1JobStatus => ({
  uncountedTerminatedPods: {
    ...(succeeded.length > 0 ? { succeeded } : {}),
    ...(ended.length > 0 ? { failed: ended } : {}),
  },
});

interface Row {
  readonly it: string;
  readonly spec?: Partial<V1JobSpec>;
  readonly status?: V1JobStatus;
  readonly pods: readonly JobPodFixture[];
  readonly verdict?: V1JobCondition;
  readonly view?: Partial<JobView>;
  readonly expect: V1JobStatus;
  readonly release: readonly string[];
  readonly end?: string;
}

const TABLE: readonly Row[] = [
  {
    it: "notes what has ended, and leaves what runs",
    pods: [{ name: "a", ...done }, { name: "b", ...failed }, { name: "c" }],
    expect: uncounted(["uid-a"], ["uid-b"]),
    release: ["a", "b"],
  },
  {
    it: "does not note it twice",
    status: uncounted(["uid-a"], ["uid-b"]),
    pods: [
      { name: "a", ...done },
      { name: "b", ...failed },
    ],
    expect: uncounted(["uid-a"], ["uid-b"]),
    release: ["a", "b"],
  },
  {
    it: "counts what has been released",
    status: { succeeded: 3, ...uncounted(["uid-a"], ["uid-b", "gone"]) },
    pods: [
      { name: "a", ...done, isReleased: true },
      { name: "b", ...failed },
    ],
    expect: { succeeded: 4, failed: 1, ...uncounted([], ["uid-b"]) },
    release: ["b"],
  },
  {
    it: "takes our word for what the cache does not show yet",
    status: { succeeded: 1 },
    pods: [{ name: "a", ...done }],
    view: { released: new Set(["uid-a"]) },
    expect: { succeeded: 1, ...uncounted([], []) },
    release: [],
  },
  {
    it: "counts all as failed when the Job fails",
    pods: [{ name: "a", deletedMs: 1 }, { name: "b" }],
    verdict: failure,
    expect: { ...uncounted([], ["uid-a", "uid-b"]), conditions: [failure] },
    release: ["a", "b"],
    end: "Failed",
  },
  {
    it: "counts none as failed when the Job has what it wants",
    spec: { podReplacementPolicy: "Failed" },
    pods: [{ name: "a", deletedMs: 1 }],
    verdict: success,
    expect: { ...uncounted([], []), conditions: [success] },
    release: ["a"],
    end: "Complete",
  },
  {
    it: "lets go of what the policy ignores without counting it",
    spec: { podFailurePolicy: { rules: [{ action: "Ignore", onExitCodes: { operator: "In", values: [3] } }] } },
    pods: [{ name: "a", ...failed }],
    expect: uncounted([], []),
    release: ["a"],
  },
  {
    it: "counts indexes, each once",
    spec: { completionMode: "Indexed", completions: 5, parallelism: 5 },
    status: { completedIndexes: "0", succeeded: 1 },
    pods: [
      { name: "a", index: 3, ...done },
      { name: "b", index: 1, ...done },
      { name: "c", index: 1, ...done },
      { name: "d", index: 9, ...done },
      { name: "e", index: 9, ...failed },
    ],
    expect: { completedIndexes: "0,1,3", succeeded: 3, ...uncounted([], []) },
    release: ["a", "b", "c", "d", "e"],
  },
  {
    it: "keeps the last failed pod of an index until it is replaced",
    spec: { completionMode: "Indexed", completions: 2, parallelism: 2, backoffLimitPerIndex: 5 },
    pods: [
      { name: "a", index: 0, ...failed },
      { name: "b", index: 1, ...failed },
      { name: "c", index: 1 },
    ],
    expect: { failedIndexes: "", ...uncounted([], ["uid-b"]) },
    release: ["b"],
  },
  {
    it: "lets go of all when the Job is deleted",
    pods: [{ name: "a" }],
    view: { job: { ...jobFixture({}), metadata: { name: "j", uid: "j", deletionTimestamp: "2026-01-01T00:00:00Z" } } },
    expect: uncounted([], []),
    release: ["a"],
  },
];

describe("planTracking", () => {
  for (const row of TABLE)
    it(row.it, () => {
      const { view, facts } = jobViewFixture(jobFixture(row.spec ?? {}, row.status), row.pods, row.view);
      const plan = planTracking(view, facts, view.job.status ?? {}, row.verdict);
      assert.deepEqual(JSON.parse(JSON.stringify(plan.status)), row.expect);
      assert.deepEqual(plan.release.map(({ metadata }) => metadata.name).sort(), row.release);
      assert.equal(plan.end?.type, row.end);
    });

  it("stops at 500 pods", () => {
    const pods = Array.from({ length: 600 }, (_, number) => ({ name: `p${number}`, ...done }));
    const { view, facts } = jobViewFixture(jobFixture({ completions: 600 }), pods);
    const plan = planTracking(view, facts, {}, undefined);
    assert.deepEqual([plan.release.length, plan.isPartial], [500, true]);
  });

  it("raises the counters by what has been released", () => {
    const status = countReleased({ failed: 1, ...uncounted(["a", "b"], ["c"]) }, new Set(["b"]));
    assert.deepEqual(status, { succeeded: 1, failed: 2, ...uncounted(["b"], []) });
  });

  it("ends the Job when all is counted and gone", () => {
    const end = jobCondition("Complete", "True", "R", "m", 0);
    assert.equal(planEnd(uncounted(["a"], []), end, 0), undefined);
    assert.equal(planEnd({ terminating: 1 }, end, 0), undefined);
    const ended = planEnd({ terminating: 0, conditions: [success] }, end, FIXTURE_NOW_MS);
    assert.deepEqual(
      ended?.conditions?.map(({ type }) => type),
      ["SuccessCriteriaMet", "Complete"],
    );
    assert.equal(ended?.completionTime, "1970-01-01T00:16:40Z");
  });
});
