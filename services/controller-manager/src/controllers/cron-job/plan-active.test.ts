import assert from "node:assert/strict";
import type { V1Job } from "@drydock/kube-api";
import { jobFixture } from "../job/job-fixture.ts";
import { cronJobFixture } from "./cron-job-fixture.ts";
import { planActive } from "./plan-active.ts";
import { planHistory } from "./plan-history.ts";

function job(name: string, type?: string, times: { startTime?: string; completionTime?: string } = {}): V1Job {
  const made = jobFixture({}, { ...times, ...(type ? { conditions: [{ type, status: "True" }] } : {}) });
  return { ...made, metadata: { name, namespace: "default", uid: name } };
}
const active = (...names: string[]) => ({ active: names.map((name) => ({ name, uid: name })) });

describe("planActive", () => {
  it("strikes out what has ended, and remembers the last success", () => {
    const jobs = [
      job("a", "Complete", { completionTime: "2026-01-05T10:00:05Z" }),
      job("b", "Failed"),
      job("c", "Complete", { completionTime: "2026-01-05T09:00:05Z" }),
      job("d"),
    ];
    const plan = planActive(cronJobFixture({}, active("a", "b", "d")), jobs);
    assert.deepEqual(plan.status, { ...active("d"), lastSuccessfulTime: "2026-01-05T10:00:05Z" });
    assert.deepEqual(
      plan.events.map(({ message }) => message),
      ["Saw completed job: a, condition: Complete", "Saw completed job: b, condition: Failed"],
    );
    assert.deepEqual([plan.missing, plan.unexpected], [[], []]);
  });

  it("names what it cannot explain", () => {
    const plan = planActive(cronJobFixture({}, active("gone")), [job("stray")]);
    assert.deepEqual(plan.missing, [{ name: "gone", uid: "gone" }]);
    assert.deepEqual(
      plan.unexpected.map(({ metadata }) => metadata.name),
      ["stray"],
    );
  });
});

describe("planHistory", () => {
  it("keeps the newest of each outcome", () => {
    const at = (hour: number) => ({ startTime: `2026-01-05T0${hour}:00:00Z` });
    const jobs = [
      job("new", "Complete", at(3)),
      job("old", "Complete", at(1)),
      job("middle", "Complete", at(2)),
      job("bad", "Failed", at(2)),
      job("worse", "Failed", at(1)),
      job("busy", undefined, at(0)),
    ];
    const names = (successfulJobsHistoryLimit?: number, failedJobsHistoryLimit?: number) => {
      const limits = {
        ...(successfulJobsHistoryLimit === undefined ? {} : { successfulJobsHistoryLimit }),
        ...(failedJobsHistoryLimit === undefined ? {} : { failedJobsHistoryLimit }),
      };
      return planHistory(cronJobFixture(limits), jobs).map(({ metadata }) => metadata.name);
    };
    assert.deepEqual(names(2, 1), ["old", "worse"]);
    assert.deepEqual(names(0, 5), ["old", "middle", "new"]);
    assert.deepEqual(names(), []);
  });
});
