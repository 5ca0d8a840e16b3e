import assert from "node:assert/strict";
import type { KubeObject } from "@drydock/apimachinery";
import { createMemoryRegistry } from "../../registry/memory-registry.ts";
import { update } from "../../verbs/update.ts";
import { describeKind, type Row } from "../meta/kind-table.ts";
import { daemonSet } from "./daemon-set.ts";
import { deployment } from "./deployment.ts";
import { replicaSet } from "./replica-set.ts";

const metadata = { name: "one", namespace: "default" };
const spec = {
  selector: { matchLabels: { app: "x" } },
  template: { metadata: { labels: { app: "x" } }, spec: { containers: [{ name: "c", image: "i" }] } },
};
const template: readonly Row[] = [
  [
    "spec.template.metadata.labels",
    { app: "y" },
    'spec.template.metadata.labels: Invalid value: {"app":"y"}: `selector` does not match template `labels`',
  ],
  [
    "spec.template.spec.restartPolicy",
    "Never",
    'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
  ],
  ["spec.minReadySeconds", -1, "spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0"],
];
const frozen: Row = [
  "spec",
  { selector: { matchLabels: { app: "y" } }, template: { ...spec.template, metadata: { labels: { app: "y" } } } },
  'spec.selector: Invalid value: {"matchLabels":{"app":"y"}}: field is immutable',
];

describeKind(deployment, {
  valid: { apiVersion: "apps/v1", kind: "Deployment", metadata, spec },
  created: {
    "spec.replicas": 1,
    "spec.strategy": { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "25%", maxSurge: "25%" } },
    "spec.revisionHistoryLimit": 10,
    "spec.progressDeadlineSeconds": 600,
  },
  create: [
    ...template,
    [
      "spec.strategy",
      { rollingUpdate: { maxSurge: 0, maxUnavailable: "0%" } },
      'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0',
    ],
    [
      "spec.strategy",
      { type: "Recreate", rollingUpdate: {} },
      "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
    ],
    [
      "spec.progressDeadlineSeconds",
      0,
      "spec.progressDeadlineSeconds: Invalid value: 0: must be greater than minReadySeconds",
    ],
    ["spec.selector", {}, "spec.selector: Invalid value: {}: empty selector is invalid for deployment"],
  ],
  update: [frozen, ["spec.replicas", 5]],
  status: [
    ["status.readyReplicas", 1, "status.readyReplicas: Invalid value: 1: cannot be greater than status.replicas"],
  ],
  columns: "Name | Ready | Up-to-date | Available | Age | (Containers) | (Images) | (Selector)",
  cells: [[{}, "0/1", 0, 0, "60s", "c", "i", "app=x"]],
});

describeKind(replicaSet, {
  valid: { apiVersion: "apps/v1", kind: "ReplicaSet", metadata, spec },
  created: { "spec.replicas": 1, status: { replicas: 0 } },
  create: template,
  update: [frozen],
  columns: "Name | Desired | Current | Ready | Age | (Containers) | (Images) | (Selector)",
});

describeKind(daemonSet, {
  valid: { apiVersion: "apps/v1", kind: "DaemonSet", metadata, spec },
  created: {
    "spec.updateStrategy": { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
    "spec.revisionHistoryLimit": 10,
  },
  create: [
    ...template,
    [
      "spec.updateStrategy",
      { rollingUpdate: { maxUnavailable: 1, maxSurge: 1 } },
      "spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero",
    ],
    [
      "spec.updateStrategy",
      { rollingUpdate: { maxUnavailable: 0 } },
      "spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0",
    ],
    ["spec.selector", {}, "spec.selector: Invalid value: {}: empty selector is invalid for daemonset"],
    [
      "spec.selector",
      undefined,
      'spec.template.metadata.labels: Invalid value: {"app":"x"}: `selector` does not match template `labels`',
    ],
  ],
  update: [frozen],
  columns:
    "Name | Desired | Current | Ready | Up-to-date | Available | Node Selector | Age | (Containers) | (Images) | (Selector)",
});

describe("the generation of a Deployment", () => {
  it("counts changes of its annotations too, but for those that come with its status", async () => {
    const memory = await createMemoryRegistry();
    await memory.put("", "namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "default" } });
    await memory.put("apps", "deployments", {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata,
      spec,
    } as KubeObject);
    const annotate = async (subresource: string, annotations: Record<string, string>) => {
      const { stored } = await update(memory.registry.require("apps", "v1", "deployments"), {
        namespace: "default",
        name: "one",
        subresource,
        isDryRun: false,
        context: memory.contextOf(),
        mayCreate: "never",
        next: (current) => ({ ...current, metadata: { ...current?.metadata, annotations } }) as KubeObject,
      });
      return stored.object.metadata.generation;
    };
    assert.equal(await annotate("", { a: "1" }), 2);
    assert.equal(await annotate("", { a: "1" }), 2);
    assert.equal(await annotate("status", { a: "1", revision: "1" }), 2);
    memory.stop();
  });
});
