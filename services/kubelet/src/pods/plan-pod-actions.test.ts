import assert from "node:assert/strict";
import type { V1Container, V1Pod } from "@drydock/kube-api";
import type { RuntimeContainer, RuntimePod, RuntimeSandbox } from "../runtime/runtime.ts";
import { specHash } from "./container-spec.ts";
import { CrashBackoff } from "./crash-backoff.ts";
import { type PlanInput, planPodActions } from "./plan-pod-actions.ts";

const main: V1Container = { name: "c", image: "nginx" };
const init: V1Container = { name: "i", image: "busybox" };
const sidecar: V1Container = { name: "s", image: "busybox", restartPolicy: "Always" };

function podOf(spec: Partial<V1Pod["spec"] & object>): V1Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", uid: "u" },
    spec: { containers: [main], restartPolicy: "Always", ...spec },
  };
}

function sandbox(state: RuntimeSandbox["state"] = "running", attempt = 0): RuntimeSandbox {
  return {
    id: `sb${attempt}`,
    podUid: "u",
    podName: "p",
    podNamespace: "d",
    attempt,
    state,
    createdAtMs: 0,
    ip: "10.244.1.2",
    pid: 7,
  };
}

function container(
  spec: V1Container,
  state: RuntimeContainer["state"],
  extra: Partial<RuntimeContainer> = {},
): RuntimeContainer {
  return {
    id: `${spec.name}-id`,
    podUid: "u",
    sandboxId: "sb0",
    name: spec.name,
    attempt: 0,
    state,
    createdAtMs: 100,
    startedAtMs: 100,
    finishedAtMs: state === "exited" ? 1000 : 0,
    exitCode: 0,
    isOomKilled: false,
    error: "",
    image: spec.image ?? "",
    imageId: "",
    specHash: specHash(spec),
    ...extra,
  };
}

function plan(
  pod: V1Pod,
  containers: RuntimeContainer[],
  extra: Partial<PlanInput> & { sandboxes?: RuntimeSandbox[] } = {},
) {
  const runtime: RuntimePod = {
    uid: "u",
    name: "p",
    namespace: "d",
    sandboxes: extra.sandboxes ?? [sandbox()],
    containers,
  };
  const actions = planPodActions({
    pod,
    runtime,
    nowMs: 2000,
    probes: { isStarted: () => true, hasFailed: () => undefined },
    readyAtMs: () => 0,
    ...extra,
  });
  return {
    ...actions,
    start: actions.start.map((entry) => `${entry.container.name}#${entry.attempt}`),
    kill: actions.kill.map((entry) => `${entry.name}: ${entry.message}`),
  };
}

const idle = { killPod: false, createSandbox: undefined, kill: [], start: [], waits: [] };

describe("planPodActions", () => {
  it("makes a sandbox and everything in it for a new pod", () => {
    assert.deepEqual(plan(podOf({}), [], { sandboxes: [] }), { ...idle, createSandbox: 0, start: ["c#0"] });
  });

  it("does nothing for a pod that runs as it should", () => {
    assert.deepEqual(plan(podOf({}), [container(main, "running")]), idle);
  });

  it("starts what was created by an interrupted pass, under the same attempt", () => {
    assert.deepEqual(plan(podOf({}), [container(main, "created")]).start, ["c#0"]);
  });

  for (const [policy, exitCode, expected] of [
    ["Always", 0, ["c#1"]],
    ["OnFailure", 0, []],
    ["OnFailure", 1, ["c#1"]],
    ["Never", 1, []],
  ] as const) {
    it(`restart policy ${policy}, exit code ${exitCode}`, () => {
      assert.deepEqual(
        plan(podOf({ restartPolicy: policy }), [container(main, "exited", { exitCode })]).start,
        expected,
      );
    });
  }

  it("waits while a crash loop backs off", () => {
    const actions = plan(podOf({}), [container(main, "exited", { exitCode: 1 })], { readyAtMs: () => 11_000 });
    assert.deepEqual(actions, { ...idle, waits: [{ containerName: "c", readyAtMs: 11_000 }] });
  });

  it("kills on a failed probe and on an image change, and starts neither in the same pass", () => {
    const failing = plan(podOf({}), [container(main, "running")], {
      probes: { isStarted: () => true, hasFailed: () => ({ kind: "liveness" }) },
    });
    assert.deepEqual(failing, { ...idle, kill: ["c: Container c failed liveness probe, will be restarted"] });
    const changed = plan(podOf({ containers: [{ ...main, image: "nginx:2" }] }), [container(main, "running")]);
    assert.deepEqual(changed, { ...idle, kill: ["c: Container c definition changed"] });
  });

  it("runs init containers one after the other, then the rest", () => {
    const pod = podOf({ initContainers: [init, { ...init, name: "j" }] });
    assert.deepEqual(plan(pod, [], { sandboxes: [] }).start, ["i#0"]);
    assert.deepEqual(plan(pod, [container(init, "running")]).start, []);
    assert.deepEqual(plan(pod, [container(init, "exited")]).start, ["j#0"]);
    assert.deepEqual(plan(pod, [container(init, "exited"), container({ ...init, name: "j" }, "exited")]).start, [
      "c#0",
    ]);
    assert.deepEqual(plan(pod, [container(init, "exited", { exitCode: 1 })]).start, ["i#1"]);
    assert.deepEqual(
      plan({ ...pod, spec: { ...pod.spec!, restartPolicy: "Never" } }, [container(init, "exited", { exitCode: 1 })])
        .start,
      [],
    );
  });

  it("keeps a sidecar running beside the rest", () => {
    const pod = podOf({ initContainers: [sidecar], restartPolicy: "Never" });
    assert.deepEqual(plan(pod, []).start, ["s#0"]);
    assert.deepEqual(plan(pod, [container(sidecar, "running")]).start, ["c#0"]);
    assert.deepEqual(plan(pod, [container(sidecar, "exited"), container(main, "running")]).start, ["s#1"]);
  });

  it("replaces a dead sandbox and all that was in it", () => {
    const actions = plan(podOf({}), [container(main, "running")], { sandboxes: [sandbox("exited")] });
    assert.deepEqual(actions, { ...idle, killPod: true, createSandbox: 1, start: ["c#1"] });
    const finished = plan(podOf({ restartPolicy: "Never" }), [container(main, "exited")], {
      sandboxes: [sandbox("exited")],
    });
    assert.deepEqual(finished, idle);
  });
});

describe("CrashBackoff", () => {
  it("lets the first restart through, then doubles up to the cap, and forgets after a long good run", () => {
    const backoff = new CrashBackoff();
    assert.equal(backoff.readyAtMs("k", 1000), 1000);
    const delays: number[] = [];
    let nowMs = 1000;
    for (let i = 0; i < 7; i++) {
      backoff.next("k", nowMs, nowMs);
      delays.push(backoff.readyAtMs("k", nowMs) - nowMs);
      nowMs += delays.at(-1) as number;
    }
    assert.deepEqual(delays, [10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]);
    const laterMs = nowMs + 700_000;
    assert.equal(backoff.readyAtMs("k", laterMs), laterMs);
  });
});
