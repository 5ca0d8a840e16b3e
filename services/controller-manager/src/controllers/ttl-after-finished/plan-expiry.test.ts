import assert from "node:assert/strict";
import { jobFixture } from "../job/job-fixture.ts";
import { expiresInMs } from "./plan-expiry.ts";

describe("expiresInMs", () => {
  const finished = (type: string, status = "True") => ({
    conditions: [{ type, status, lastTransitionTime: "1970-01-01T00:01:00Z" }],
  });
  const rows: [it: string, job: ReturnType<typeof jobFixture>, expected: number | undefined][] = [
    ["keeps a Job without a time", jobFixture({}, finished("Complete")), undefined],
    ["keeps a Job that runs", jobFixture({ ttlSecondsAfterFinished: 5 }), undefined],
    [
      "keeps a Job that is about to end",
      jobFixture({ ttlSecondsAfterFinished: 5 }, finished("FailureTarget")),
      undefined,
    ],
    ["counts from success", jobFixture({ ttlSecondsAfterFinished: 50 }, finished("Complete")), 10_000],
    ["counts from failure", jobFixture({ ttlSecondsAfterFinished: 0 }, finished("Failed")), -40_000],
  ];
  for (const [it_, job, expected] of rows) it(it_, () => assert.equal(expiresInMs(job, 100_000), expected));
});
