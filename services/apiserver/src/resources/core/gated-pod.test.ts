import assert from "node:assert/strict";
import { fieldErrorMessage } from "@drydock/apimachinery";
import type { V1Pod, V1PodSpec } from "@drydock/kube-api";
import { validatePodUpdate } from "./pod-update.ts";

const term = (...keys: string[]) => ({ matchExpressions: keys.map((key) => ({ key, operator: "Exists" })) });
const onNodes = (...nodeSelectorTerms: object[]) =>
  ({
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
  }) as Partial<V1PodSpec>;
const gated = { schedulingGates: [{ name: "a.b/c" }] };

function pod(spec: Partial<V1PodSpec>): V1Pod {
  const container = { name: "c", image: "i", imagePullPolicy: "Always", terminationMessagePolicy: "File" };
  const whole = { containers: [container], restartPolicy: "Always", dnsPolicy: "Default", ...spec };
  return { apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, spec: whole };
}

const path = "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms";
const noTerms = "no additions/deletions to non-empty NodeSelectorTerms list are allowed";
const shownTerm = '{"MatchExpressions":[{"Key":"b","Operator":"Exists","Values":null}],"MatchFields":null}';

describe("a pod with scheduling gates", () => {
  const cases: [name: string, old: Partial<V1PodSpec>, next: Partial<V1PodSpec>, error?: string][] = [
    ["may get a node selector", gated, { ...gated, nodeSelector: { a: "b" } }],
    ["may get another as its gates are lifted", gated, { nodeSelector: { a: "b" } }],
    [
      "keeps what its node selector has",
      { ...gated, nodeSelector: { a: "b" } },
      { ...gated, nodeSelector: { a: "c" } },
      'spec.nodeSelector: Invalid value: {"a":"c"}: only additions to spec.nodeSelector are allowed (no mutations or deletions)',
    ],
    ["may get a node affinity", gated, { ...gated, ...onNodes(term("a")) }],
    ["may get more within a term", { ...gated, ...onNodes(term("a")) }, { ...gated, ...onNodes(term("a", "b")) }],
    [
      "keeps what a term has",
      { ...gated, ...onNodes(term("a")) },
      { ...gated, ...onNodes(term("b")) },
      `${path}[0]: Invalid value: ${shownTerm}: only additions are allowed (no mutations or deletions)`,
    ],
    [
      "gets no more terms",
      { ...gated, ...onNodes(term("b")) },
      { ...gated, ...onNodes(term("b"), term("b")) },
      `${path}: Invalid value: [${shownTerm},${shownTerm}]: ${noTerms}`,
    ],
    ["keeps its terms", { ...gated, ...onNodes(term("a")) }, gated, `${path}: Invalid value: null: ${noTerms}`],
    [
      "gets no more gates",
      gated,
      { schedulingGates: [{ name: "a.b/c" }, { name: "a.b/d" }] },
      "spec.schedulingGates[1].name: Forbidden: only deletion is allowed, but found new scheduling gate 'a.b/d'",
    ],
    [
      "is like any other once they are lifted",
      {},
      { nodeSelector: { a: "b" } },
      "spec: Forbidden: pod updates may not",
    ],
  ];
  for (const [name, old, next, error] of cases) {
    it(name, () => {
      const errors = validatePodUpdate(pod(next), pod(old)).map(fieldErrorMessage);
      assert.equal(errors.length, error === undefined ? 0 : 1, errors.join());
      if (error) assert.ok(errors[0]?.startsWith(error), errors[0]);
    });
  }
});
