import assert from "node:assert/strict";
import { jobFixture, jobPodFixture } from "./job-fixture.ts";
import { jobPod } from "./job-pod.ts";

const KEY = "batch.kubernetes.io/job-completion-index";
const FAILURES = "batch.kubernetes.io/job-index-failure-count";
const IGNORED = "batch.kubernetes.io/job-index-ignored-failure-count";
const indexed = { completionMode: "Indexed", completions: 20 };

describe("jobPod", () => {
  it("is held until it is counted", () => {
    const pod = jobPod(jobFixture({}), undefined, undefined);
    assert.deepEqual(pod.metadata.finalizers, ["batch.kubernetes.io/job-tracking"]);
    assert.equal(pod.metadata.generateName, "j-");
    assert.equal(pod.metadata.ownerReferences?.[0]?.kind, "Job");
  });

  it("knows its index", () => {
    const template = {
      spec: {
        restartPolicy: "Never",
        initContainers: [{ name: "i", image: "i" }],
        containers: [{ name: "c", image: "i", env: [{ name: "JOB_COMPLETION_INDEX", value: "mine" }] }],
      },
    };
    const { metadata, spec } = jobPod(jobFixture({ ...indexed, template }), 12, undefined);
    assert.deepEqual([metadata.generateName, spec?.hostname], ["j-12-", "j-12"]);
    assert.deepEqual([metadata.labels?.[KEY], metadata.annotations?.[KEY]], ["12", "12"]);
    assert.equal(metadata.annotations?.[FAILURES], undefined);
    const fieldRef = { fieldPath: `metadata.labels['${KEY}']` };
    assert.deepEqual(spec?.initContainers?.[0]?.env, [{ name: "JOB_COMPLETION_INDEX", valueFrom: { fieldRef } }]);
    assert.deepEqual(spec?.containers[0]?.env, [{ name: "JOB_COMPLETION_INDEX", value: "mine" }]);
  });

  it("keeps its name short enough for the index", () => {
    const job = jobFixture(indexed);
    job.metadata.name = "n".repeat(63);
    assert.equal(jobPod(job, 7, undefined).metadata.generateName, `${"n".repeat(55)}-7-`);
  });

  it("goes on counting where the pod it replaces has ended", () => {
    const rules = [{ action: "Ignore", onExitCodes: { operator: "In", values: [9] } }];
    const job = jobFixture({ ...indexed, backoffLimitPerIndex: 3, podFailurePolicy: { rules } });
    const counts = (exitCode: number | undefined) => {
      const annotations = { [FAILURES]: "1" };
      const replaced = jobPodFixture({ name: "p", phase: "Failed", exitCode: exitCode ?? 0, annotations });
      const found = jobPod(job, 0, exitCode === undefined ? undefined : replaced).metadata.annotations;
      return [found?.[FAILURES], found?.[IGNORED]];
    };
    assert.deepEqual(counts(undefined), ["0", undefined]);
    assert.deepEqual(counts(1), ["2", undefined]);
    assert.deepEqual(counts(9), ["1", "1"]);
  });
});
