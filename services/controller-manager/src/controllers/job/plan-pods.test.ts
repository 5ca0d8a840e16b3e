import assert from "node:assert/strict";
import type { V1JobSpec, V1JobStatus } from "@drydock/kube-api";
import { FIXTURE_NOW_MS, type JobPodFixture, jobFixture, jobViewFixture } from "./job-fixture.ts";
import { planPods } from "./plan-pods.ts";

interface Row {
  readonly it: string;
  readonly spec?: Partial<V1JobSpec>;
  readonly status?: V1JobStatus;
  readonly pods?: readonly JobPodFixture[];
  readonly create?: readonly (number | undefined)[];
  readonly delete?: readonly string[];
  readonly requeueAfterMs?: number;
}

const some = (count: number) => Array.from({ length: count }, () => undefined);
const indexed: Partial<V1JobSpec> = { completionMode: "Indexed", completions: 4, parallelism: 4 };
const perIndex: Partial<V1JobSpec> = { ...indexed, completions: 2, parallelism: 2, backoffLimitPerIndex: 1 };
const running = { phase: "Running", isReady: true, node: "n" };
const failed = { phase: "Failed", exitCode: 1 };

const TABLE: readonly Row[] = [
  { it: "creates as many as may run at once", spec: { completions: 5, parallelism: 2 }, create: some(2) },
  {
    it: "creates no more than are left to do",
    spec: { completions: 5, parallelism: 4 },
    status: { succeeded: 3 },
    create: some(2),
  },
  { it: "counts what runs", spec: { completions: 5, parallelism: 3 }, pods: [{ name: "a" }], create: some(2) },
  { it: "begins nothing without parallelism", spec: { parallelism: 0, completions: 1 } },
  { it: "creates no more than 500 at once", spec: { completions: 2000, parallelism: 2000 }, create: some(500) },
  { it: "runs until the first success, without a number", spec: { parallelism: 2 }, create: some(2) },
  {
    it: "lets the rest end after a success, without a number",
    spec: { parallelism: 3 },
    status: { succeeded: 1 },
    pods: [{ name: "a" }],
  },
  {
    it: "deletes what is too much, the least useful first",
    spec: { completions: 3, parallelism: 1 },
    pods: [
      { name: "a", ...running },
      { name: "b", phase: "Pending" },
    ],
    delete: ["b"],
  },
  {
    it: "deletes all when suspended",
    spec: { completions: 2, parallelism: 2, suspend: true },
    pods: [{ name: "a" }],
    delete: ["a"],
  },
  { it: "creates nothing while suspended", spec: { suspend: true } },
  { it: "replaces at once what is being deleted", pods: [{ name: "a", deletedMs: 1 }], create: some(1) },
  {
    it: "waits for the end of what is being deleted, if it has to",
    spec: { podReplacementPolicy: "Failed" },
    pods: [{ name: "a", deletedMs: 1 }],
  },
  {
    it: "waits after a failure",
    pods: [{ name: "a", ...failed, finishedMs: FIXTURE_NOW_MS - 4000 }],
    requeueAfterMs: 6000,
  },
  {
    it: "goes on when it has waited",
    pods: [{ name: "a", ...failed, finishedMs: FIXTURE_NOW_MS - 11_000 }],
    create: some(1),
  },
  {
    it: "gives the first indexes that are free",
    spec: { ...indexed, completions: 9 },
    status: { completedIndexes: "0,2" },
    pods: [{ name: "a", index: 1 }],
    create: [3, 4, 5],
  },
  {
    it: "deletes pods of no index, of one that does not exist, and the worse of two of the same",
    spec: indexed,
    pods: [
      { name: "none" },
      { name: "beyond", index: 4 },
      { name: "good", index: 1, ...running },
      { name: "worse", index: 1 },
      { name: "odd", index: "x" },
    ],
    delete: ["beyond", "none", "odd", "worse"],
  },
  {
    it: "shrinks with its completions",
    spec: { ...indexed, completions: 2, parallelism: 2 },
    status: { completedIndexes: "0,3", succeeded: 2 },
    create: [1],
  },
  {
    it: "waits for each index on its own",
    spec: perIndex,
    pods: [{ name: "a", index: 0, ...failed, finishedMs: FIXTURE_NOW_MS - 4000 }],
    create: [1],
    requeueAfterMs: 6000,
  },
  {
    it: "leaves an index alone that has failed for good",
    spec: perIndex,
    status: { failedIndexes: "0" },
    create: [1],
  },
];

describe("planPods", () => {
  for (const row of TABLE)
    it(row.it, () => {
      const { view, facts } = jobViewFixture(jobFixture(row.spec ?? {}, row.status), row.pods ?? []);
      const plan = planPods(view, facts);
      assert.deepEqual(plan.create, row.create ?? []);
      assert.deepEqual(plan.delete.map(({ metadata }) => metadata.name).sort(), row.delete ?? []);
      assert.equal(plan.requeueAfterMs, row.requeueAfterMs);
    });
});
