import assert from "node:assert/strict";
import type { V1CronJobSpec, V1CronJobStatus } from "@drydock/kube-api";
import { cronJobFixture } from "./cron-job-fixture.ts";
import { jobOf } from "./job-of.ts";
import { planStart } from "./plan-start.ts";

const LAST = { lastScheduleTime: "2026-01-05T10:00:00Z" };
const running = (name: string) => ({ active: [{ name, uid: "u", kind: "Job", namespace: "default" }] });

interface Row {
  readonly it: string;
  readonly spec?: Partial<V1CronJobSpec>;
  readonly status?: V1CronJobStatus;
  readonly created?: string;
  readonly now: string;
  readonly due?: string;
  readonly isReplacing?: boolean;
  readonly next?: string;
  readonly events?: readonly string[];
}

const TABLE: readonly Row[] = [
  { it: "waits for its time", now: "2026-01-05T09:59:00Z", next: "2026-01-05T10:00:00.100Z" },
  {
    it: "starts when it has come",
    now: "2026-01-05T10:00:00.100Z",
    due: "2026-01-05T10:00:00Z",
    next: "2026-01-05T11:00:00.100Z",
  },
  {
    it: "makes up for the latest time that was missed",
    now: "2026-01-05T13:20:00Z",
    due: "2026-01-05T13:00:00Z",
    next: "2026-01-05T14:00:00.100Z",
  },
  { it: "starts once for each time", status: LAST, now: "2026-01-05T10:00:30Z", next: "2026-01-05T11:00:00.100Z" },
  {
    it: "starts at the time of its zone",
    spec: { schedule: "30 19 * * *", timeZone: "Asia/Tokyo" },
    now: "2026-01-05T10:31:00Z",
    due: "2026-01-05T10:30:00Z",
    next: "2026-01-06T10:30:00.100Z",
  },
  {
    it: "keeps the beat of an interval",
    spec: { schedule: "@every 7m" },
    now: "2026-01-05T10:00:00Z",
    due: "2026-01-05T09:58:00Z",
    next: "2026-01-05T10:05:00.100Z",
  },
  {
    it: "finds the latest of uneven times",
    spec: { schedule: "30 6-16/4 * * 1-5" },
    created: "2026-01-02T14:31:00Z",
    now: "2026-01-05T11:00:00Z",
    due: "2026-01-05T10:30:00Z",
    next: "2026-01-05T14:30:00.100Z",
  },
  {
    it: "lets go of what is later than the deadline",
    spec: { startingDeadlineSeconds: 60 },
    status: LAST,
    now: "2026-01-05T11:02:00Z",
    next: "2026-01-05T12:00:00.100Z",
  },
  {
    it: "starts within the deadline",
    spec: { startingDeadlineSeconds: 180 },
    status: LAST,
    now: "2026-01-05T11:02:00Z",
    due: "2026-01-05T11:00:00Z",
    next: "2026-01-05T12:00:00.100Z",
  },
  {
    it: "tells of too many missed times, and starts all the same",
    created: "2025-12-01T00:00:00Z",
    now: "2026-01-05T10:10:00Z",
    due: "2026-01-05T10:00:00Z",
    next: "2026-01-05T11:00:00.100Z",
    events: [
      "TooManyMissedTimes: too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew",
    ],
  },
  {
    it: "does not start beside another where that is forbidden",
    spec: { concurrencyPolicy: "Forbid" },
    status: { ...LAST, ...running("tick-1") },
    now: "2026-01-05T11:01:00Z",
    next: "2026-01-05T12:00:00.100Z",
    events: ["JobAlreadyActive: Not starting job because prior execution is running and concurrency policy is Forbid"],
  },
  {
    it: "starts beside another where that is allowed",
    status: { ...LAST, ...running("tick-1") },
    now: "2026-01-05T11:01:00Z",
    due: "2026-01-05T11:00:00Z",
    next: "2026-01-05T12:00:00.100Z",
  },
  {
    it: "replaces another",
    spec: { concurrencyPolicy: "Replace" },
    status: { ...LAST, ...running("tick-1") },
    now: "2026-01-05T11:01:00Z",
    due: "2026-01-05T11:00:00Z",
    isReplacing: true,
    next: "2026-01-05T12:00:00.100Z",
  },
  {
    it: "knows its own Job of that time",
    status: running("tick-29460120"),
    now: "2026-01-05T10:00:30Z",
    next: "2026-01-05T11:00:00.100Z",
  },
  { it: "does nothing while suspended", spec: { suspend: true }, now: "2026-01-05T13:20:00Z" },
  {
    it: "does nothing in a zone that does not exist",
    spec: { timeZone: "Mars/Base" },
    now: "2026-01-05T13:20:00Z",
    events: ['UnknownTimeZone: invalid timeZone: "Mars/Base": unknown time zone Mars/Base'],
  },
  {
    it: "does nothing by a schedule that cannot be read",
    spec: { schedule: "x" },
    now: "2026-01-05T13:20:00Z",
    events: ['UnparseableSchedule: unparseable schedule: "x" : expected exactly 5 fields, found 1: [x]'],
  },
  {
    it: "does nothing by a schedule that never comes",
    spec: { schedule: "59 23 31 2 *" },
    now: "2026-01-05T13:20:00Z",
    events: [
      "InvalidSchedule: invalid schedule: 59 23 31 2 * : time difference between two schedules is less than 1 second",
    ],
  },
];

describe("planStart", () => {
  for (const row of TABLE)
    it(row.it, () => {
      const nowMs = Date.parse(row.now);
      const plan = planStart(cronJobFixture(row.spec, row.status, row.created), "UTC", nowMs);
      const at = (ms: number | undefined) => ms && new Date(ms).toISOString();
      assert.equal(at(plan.dueMs), row.due && at(Date.parse(row.due)));
      assert.equal(plan.isReplacing, row.isReplacing ?? false);
      assert.equal(plan.requeueAfterMs && at(nowMs + plan.requeueAfterMs), row.next && at(Date.parse(row.next)));
      assert.deepEqual(
        plan.events.map(({ reason, message }) => `${reason}: ${message}`),
        row.events ?? [],
      );
    });

  it("tells of a time that has passed its deadline", () => {
    const cronJob = cronJobFixture({ startingDeadlineSeconds: 0, schedule: "@every 1s" }, LAST);
    const plan = planStart(cronJob, "UTC", Date.parse("2026-01-05T11:00:00.500Z"));
    assert.deepEqual(plan.events, []);
  });
});

describe("jobOf", () => {
  const dueMs = Date.parse("2026-01-05T10:00:00Z");

  it("is named by its minute, and owned", () => {
    const { metadata } = jobOf(cronJobFixture(), dueMs);
    assert.equal(metadata.name, "tick-29460120");
    assert.deepEqual(metadata.ownerReferences?.[0]?.uid, "uid-tick");
  });

  it("says for when it is, in the zone of its CronJob", () => {
    const key = "batch.kubernetes.io/cronjob-scheduled-timestamp";
    const stamp = (timeZone?: string) =>
      jobOf(cronJobFixture(timeZone ? { timeZone } : {}), dueMs).metadata.annotations?.[key];
    assert.equal(stamp(), "2026-01-05T10:00:00Z");
    assert.equal(stamp("Asia/Kolkata"), "2026-01-05T15:30:00+05:30");
    assert.equal(stamp("America/New_York"), "2026-01-05T05:00:00-05:00");
  });
});
