import assert from "node:assert/strict";
import type { V1DaemonSet, V1Node } from "@drydock/kube-api";
import { type PodFixture, podFixture } from "../../pods/pod-fixture.ts";
import { daemonPod, revisionHashLabel } from "./daemon-pod.ts";
import { nodeOf } from "./node-of.ts";
import { planDaemonPods } from "./plan-daemon-pods.ts";
import { planRevisions } from "./plan-revisions.ts";
import { planStatus } from "./plan-status.ts";

const set: V1DaemonSet = {
  apiVersion: "apps/v1",
  kind: "DaemonSet",
  metadata: { name: "agent", namespace: "default", uid: "d" },
  spec: {
    selector: { matchLabels: { app: "agent" } },
    template: {
      metadata: { name: "", labels: { app: "agent" } },
      spec: { containers: [], nodeSelector: { os: "linux" } },
    },
  },
};
const node = (
  name: string,
  more: Partial<V1Node["spec"]> = {},
  labels: Record<string, string> = { os: "linux" },
): V1Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name, labels },
  spec: { ...more },
});
const taint = (key: string, effect: string) => ({ taints: [{ key, effect }] });
const on = (name: string, more: Partial<PodFixture> = {}) =>
  podFixture({ name: `on-${name}`, node: name, isReady: true, labels: { [revisionHashLabel]: "new" }, ...more });

function plan(nodes: V1Node[], pods: ReturnType<typeof on>[], from = set) {
  const result = planDaemonPods({ set: from, nodes, pods, hash: "new", nowMs: 1_000_000 });
  return { create: [...result.create], delete: result.delete.map(({ metadata }) => metadata.name) };
}

describe("planDaemonPods", () => {
  const cases: { what: string; nodes: V1Node[]; pods?: ReturnType<typeof on>[]; create?: string[]; gone?: string[] }[] =
    [
      { what: "creates where one lacks", nodes: [node("a"), node("b")], pods: [on("a")], create: ["b"] },
      { what: "respects the node selector", nodes: [node("a", {}, { os: "windows" })] },
      { what: "respects a taint that nobody tolerates", nodes: [node("a", taint("gpu", "NoSchedule"))] },
      {
        what: "runs on nodes in trouble",
        nodes: [node("a", taint("node.kubernetes.io/unreachable", "NoExecute"))],
        create: ["a"],
      },
      {
        what: "lets a pod stay that only could not come any more",
        nodes: [node("a", taint("gpu", "NoSchedule"))],
        pods: [on("a")],
      },
      {
        what: "drives pods off by NoExecute",
        nodes: [node("a", taint("gpu", "NoExecute"))],
        pods: [on("a")],
        gone: ["on-a"],
      },
      { what: "removes pods of nodes that are gone", nodes: [], pods: [on("a")], gone: ["on-a"] },
      { what: "replaces a failed pod", nodes: [node("a")], pods: [on("a", { phase: "Failed" })], gone: ["on-a"] },
      { what: "waits while the old pod is ending", nodes: [node("a")], pods: [on("a", { deletedMs: 5 })] },
      {
        what: "keeps the oldest of several",
        nodes: [node("a")],
        pods: [on("a", { name: "young", createdMs: 9 }), on("a", { name: "old", createdMs: 1 })],
        gone: ["young"],
      },
    ];
  for (const { what, nodes, pods = [], create = [], gone = [] } of cases) {
    it(what, () => assert.deepEqual(plan(nodes, pods), { create, delete: gone }));
  }

  it("updates as many pods as may be unavailable, the broken ones first", () => {
    const nodes = ["a", "b", "c", "d"].map((name) => node(name));
    const old = { labels: { [revisionHashLabel]: "old" } };
    assert.deepEqual(plan(nodes, [on("a", old), on("b", old), on("c", old), on("d")]).delete, ["on-a"]);
    const broken = on("b", { ...old, isReady: false });
    assert.deepEqual(plan(nodes, [on("a", old), broken, on("c", old), on("d")]).delete, ["on-b"]);
    const half = {
      ...set,
      spec: { ...set.spec, updateStrategy: { rollingUpdate: { maxUnavailable: "50%" } } },
    } as V1DaemonSet;
    assert.deepEqual(plan(nodes, [on("a", old), on("b", old), on("c", old), on("d")], half).delete, ["on-a", "on-b"]);
  });

  it("counts nodes for the status", () => {
    const view = {
      set,
      nodes: [],
      pods: [on("a"), on("b", { isReady: false }), on("x")],
      hash: "new",
      nowMs: 1_000_000,
    };
    assert.deepEqual(planStatus(view, new Set(["a", "b", "c"])), {
      currentNumberScheduled: 2,
      desiredNumberScheduled: 3,
      numberMisscheduled: 1,
      numberReady: 1,
      updatedNumberScheduled: 2,
      numberAvailable: 1,
      numberUnavailable: 2,
    });
  });

  it("ties a pod to its node before it is bound", () => {
    assert.equal(nodeOf(daemonPod(set, "n7", "new")), "n7");
  });
});

describe("planRevisions", () => {
  it("leaves a second revision of the present template alone, and counts on from it", () => {
    const { create: first, hash } = planRevisions(set, []);
    assert.ok(first);
    const second = { ...first, metadata: { ...first.metadata, name: "agent-other" }, revision: 2 };
    assert.deepEqual(planRevisions(set, [second, first]), { hash, delete: [] });
    const other = { ...set, spec: { ...set.spec, template: { spec: { containers: [{ name: "c" }] } } } } as V1DaemonSet;
    assert.equal(planRevisions(other, [second]).create?.revision, 3);
  });

  it("keeps the template with its keys in order", () => {
    assert.equal(
      JSON.stringify(planRevisions(set, []).create?.data),
      '{"spec":{"template":{"$patch":"replace","metadata":{"labels":{"app":"agent"},"name":""},"spec":{"containers":[],"nodeSelector":{"os":"linux"}}}}}',
    );
  });

  it("adds a revision for a new template and raises that of an old one that came back", () => {
    const first = planRevisions(set, []);
    assert.equal(first.create?.revision, 1);
    const other = { ...set, spec: { ...set.spec, template: { spec: { containers: [{ name: "c" }] } } } } as V1DaemonSet;
    const history = first.create ? [first.create] : [];
    const second = planRevisions(other, history);
    assert.equal(second.create?.revision, 2);
    const both = [...history, ...(second.create ? [second.create] : [])];
    assert.deepEqual(planRevisions(other, both), { hash: second.hash, delete: [] });
    const undone = planRevisions(set, both);
    assert.deepEqual([undone.update?.revision, undone.hash], [3, first.hash]);
  });
});
