import assert from "node:assert/strict";
import { type JobPodFixture, jobPodFixture } from "./job-fixture.ts";
import { backoffRemainingMs, indexBackoffRemainingMs, nextBackoff, noBackoff } from "./pod-backoff.ts";

const pods = (...ends: number[]) => ends.map((finishedMs) => jobPodFixture({ name: "p", exitCode: 1, finishedMs }));

describe("the back-off of a Job's pods", () => {
  const waits: [failures: number, waitMs: number][] = [
    [0, 0],
    [1, 10_000],
    [2, 20_000],
    [3, 40_000],
    [7, 600_000],
    [1000, 600_000],
  ];
  for (const [failures, waitMs] of waits)
    it(`is ${waitMs} ms after ${failures} failures`, () => {
      assert.equal(backoffRemainingMs({ failures, lastFailureMs: 5000 }, 5000), waitMs);
      assert.equal(backoffRemainingMs({ failures, lastFailureMs: 5000 }, 5000 + waitMs + 1), 0);
    });

  it("counts failures in a row, and begins anew after a success", () => {
    const twice = nextBackoff(noBackoff, [], pods(3000, 2000));
    assert.deepEqual(twice, { failures: 2, lastFailureMs: 3000 });
    assert.deepEqual(nextBackoff(twice, [], pods(9000)), { failures: 3, lastFailureMs: 9000 });
    assert.deepEqual(nextBackoff(twice, pods(4000), []), noBackoff);
    assert.deepEqual(nextBackoff(twice, pods(4000), pods(3000, 5000, 6000)), { failures: 2, lastFailureMs: 6000 });
    assert.deepEqual(nextBackoff(twice, [], []), twice);
  });

  const ends: [from: string, pod: Partial<JobPodFixture>, waitMs: number][] = [
    ["its containers", { exitCode: 1, finishedMs: 7000 }, 7000],
    ["its readiness", { readySinceMs: 6000 }, 6000],
    ["its deletion", { isReady: true, deletedMs: 5000 }, 5000],
    ["its creation", { isReady: true, createdMs: 4000 }, 4000],
  ];
  for (const [from, pod, endMs] of ends)
    it(`takes the end of a pod from ${from}`, () => {
      assert.equal(indexBackoffRemainingMs(jobPodFixture({ name: "p", ...pod }), 10_000), endMs);
    });

  it("of an index goes on from what its pods carry", () => {
    const annotations = {
      "batch.kubernetes.io/job-index-failure-count": "1",
      "batch.kubernetes.io/job-index-ignored-failure-count": "1",
    };
    const pod = jobPodFixture({ name: "p", exitCode: 1, finishedMs: 0, annotations });
    assert.equal(indexBackoffRemainingMs(pod, 0), 40_000);
    assert.equal(indexBackoffRemainingMs(undefined, 0), 0);
  });
});
