import assert from "node:assert/strict";
import { fieldErrorMessage } from "@drydock/apimachinery";
import type { V1Job, V1JobStatus, V1PodSpec } from "@drydock/kube-api";
import { validateJobUpdate } from "./validate-job-update.ts";

const REST: V1JobStatus = { conditions: [{ type: "Suspended", status: "True" }] };

function job(pod: Partial<V1PodSpec>, status: V1JobStatus, suspend = true): V1Job {
  const labels = { a: "b" };
  const spec = { containers: [{ name: "c", image: "i" }], restartPolicy: "Never", ...pod };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "j", namespace: "default", uid: "u" },
    spec: {
      suspend,
      parallelism: 1,
      completions: 1,
      completionMode: "NonIndexed",
      backoffLimit: 6,
      manualSelector: true,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: spec as V1PodSpec },
    },
    status,
  };
}

/** What of the pods may change, by what the Job does. */
const TABLE: readonly [
  it: string,
  pod: Partial<V1PodSpec>,
  status: V1JobStatus,
  suspend: boolean,
  mayChange: boolean,
][] = [
  ["where they run, of a Job at rest", { nodeSelector: { a: "b" } }, REST, true, true],
  [
    "what they need, of a Job at rest",
    { containers: [{ name: "c", image: "i", resources: { requests: { cpu: "1" } } }] },
    REST,
    true,
    true,
  ],
  ["what they run, of none", { containers: [{ name: "c", image: "other" }] }, REST, true, false],
  [
    "where they run, of a Job whose pods are still there",
    { nodeSelector: { a: "b" } },
    { ...REST, active: 1 },
    true,
    false,
  ],
  ["where they run, of a Job that nobody has stopped yet", { nodeSelector: { a: "b" } }, {}, true, false],
  ["where they run, of a Job that runs", { nodeSelector: { a: "b" } }, REST, false, false],
];

describe("a Job's template", () => {
  for (const [it_, pod, status, suspend, mayChange] of TABLE)
    it(`${mayChange ? "may" : "may not"} change ${it_}`, () => {
      const errors = validateJobUpdate(job(pod, status, suspend), job({}, status, suspend)).map(fieldErrorMessage);
      const said = errors.filter((text) => text.includes("field is immutable"));
      assert.equal(said.length, mayChange ? 0 : 1, errors.join("\n"));
    });
});
