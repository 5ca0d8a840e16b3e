import assert from "node:assert/strict";
import { StatusError } from "@drydock/apimachinery";
import type { V1Namespace, V1Node, V1Pod, V1PodDisruptionBudget } from "@drydock/kube-api";
import type { Services } from "../endpoints/dispatch.ts";
import type { Call } from "../registry/call.ts";
import { parseCallOptions } from "../registry/call-options.ts";
import { createMemoryRegistry, type MemoryRegistry } from "../registry/memory-registry.ts";
import { get } from "../verbs/get.ts";
import { update } from "../verbs/update.ts";
import { eviction } from "./eviction.ts";

interface Budget {
  readonly allowed: number;
  readonly healthy?: number;
  readonly desired?: number;
  readonly policy?: string;
  readonly observedGeneration?: number;
}

/** What a pod's eviction comes to, by the pod's state and its budgets. */
const TABLE: readonly {
  readonly it: string;
  readonly phase?: string;
  readonly isReady?: boolean;
  readonly budgets?: readonly Budget[];
  readonly isDryRun?: boolean;
  /** The code, and the message of the cause. */
  readonly expect: readonly [code: number, cause?: string];
  readonly left?: number;
}[] = [
  { it: "goes when nobody minds", expect: [201] },
  { it: "takes an allowed disruption", budgets: [{ allowed: 1 }], expect: [201], left: 0 },
  {
    it: "is refused when none is allowed",
    budgets: [{ allowed: 0, healthy: 2, desired: 2 }],
    expect: [429, "The disruption budget pdb-0 needs 2 healthy pods and has 2 currently"],
    left: 0,
  },
  {
    it: "waits for the budget's controller",
    budgets: [{ allowed: 1, observedGeneration: 0 }],
    expect: [429, "The disruption budget pdb-0 is still being processed by the server."],
    left: 1,
  },
  { it: "cannot serve two budgets", budgets: [{ allowed: 1 }, { allowed: 1 }], expect: [500], left: 1 },
  {
    it: "takes nothing for a pod that is pending",
    phase: "Pending",
    budgets: [{ allowed: 0 }],
    expect: [201],
    left: 0,
  },
  { it: "takes nothing for a pod that is over", phase: "Succeeded", budgets: [{ allowed: 0 }], expect: [201], left: 0 },
  {
    it: "takes nothing for an unready pod while enough are healthy",
    isReady: false,
    budgets: [{ allowed: 0, healthy: 2, desired: 2 }],
    expect: [201],
    left: 0,
  },
  {
    it: "guards an unready pod while too few are healthy",
    isReady: false,
    budgets: [{ allowed: 0, healthy: 1, desired: 2 }],
    expect: [429, "The disruption budget pdb-0 needs 2 healthy pods and has 1 currently"],
    left: 0,
  },
  {
    it: "lets an unready pod go if the budget says so",
    isReady: false,
    budgets: [{ allowed: 0, healthy: 1, desired: 2, policy: "AlwaysAllow" }],
    expect: [201],
    left: 0,
  },
  { it: "takes nothing on a dry run", budgets: [{ allowed: 1 }], isDryRun: true, expect: [201], left: 1 },
];

describe("eviction", () => {
  let memory: MemoryRegistry;
  beforeEach(async () => {
    memory = await createMemoryRegistry();
    await memory.put<V1Namespace>("", "namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "n" } });
    await memory.put<V1Node>("", "nodes", { apiVersion: "v1", kind: "Node", metadata: { name: "node-1" } });
  });
  afterEach(() => memory.stop());

  it("says on the pod why it goes", async () => {
    await putPod(memory, "Running", true);
    const held = { metadata: { finalizers: ["acme.io/hold"] } };
    await change(memory, (pod) => Object.assign(pod.metadata, held.metadata));
    assert.deepEqual(await evict(memory, false), [201]);
    const { object } = await get(memory.registry.require("", "v1", "pods"), "n", "p", "", new AbortController().signal);
    const condition = (object as V1Pod).status?.conditions?.find(({ type }) => type === "DisruptionTarget");
    assert.equal(condition?.status, "True");
    assert.equal(condition?.reason, "EvictionByEvictionAPI");
    assert.ok(object.metadata.deletionTimestamp);
  });

  for (const { it: what, phase = "Running", isReady = true, budgets = [], isDryRun = false, expect, left } of TABLE) {
    it(what, async () => {
      await putPod(memory, phase, isReady);
      for (const [index, budget] of budgets.entries()) await putBudget(memory, `pdb-${index}`, budget);
      assert.deepEqual(await evict(memory, isDryRun), expect);
      if (left === undefined) return;
      const stored = await get(budgetStore(memory), "n", "pdb-0", "", new AbortController().signal);
      assert.equal((stored.object as V1PodDisruptionBudget).status?.disruptionsAllowed, left);
    });
  }
});

function budgetStore({ registry }: MemoryRegistry) {
  return registry.require("policy", "v1", "poddisruptionbudgets");
}

async function putPod(memory: MemoryRegistry, phase: string, isReady: boolean): Promise<void> {
  const pod: V1Pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "n", labels: { app: "web" } },
    spec: { nodeName: "node-1", containers: [{ name: "c", image: "i" }] },
  };
  await memory.put("", "pods", pod);
  const conditions = [{ type: "Ready", status: isReady ? "True" : "False" }];
  await setStatus(memory, "", "pods", "p", { phase, conditions });
}

async function putBudget(memory: MemoryRegistry, name: string, budget: Budget): Promise<void> {
  const { allowed, healthy = 1, desired = 0, policy, observedGeneration = 1 } = budget;
  const object: V1PodDisruptionBudget = {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name, namespace: "n" },
    spec: {
      minAvailable: 1,
      selector: { matchLabels: { app: "web" } },
      ...(policy ? { unhealthyPodEvictionPolicy: policy } : {}),
    },
  };
  await memory.put("policy", "poddisruptionbudgets", object);
  await setStatus(memory, "policy", "poddisruptionbudgets", name, {
    observedGeneration,
    disruptionsAllowed: allowed,
    currentHealthy: healthy,
    desiredHealthy: desired,
    expectedPods: 2,
  });
}

async function change(memory: MemoryRegistry, by: (pod: V1Pod) => void) {
  const { stored } = await update(memory.registry.require("", "v1", "pods"), {
    namespace: "n",
    name: "p",
    subresource: "",
    isDryRun: false,
    context: memory.contextOf(),
    mayCreate: "never",
    next(current) {
      by(current as V1Pod);
      return current as V1Pod;
    },
  });
  await memory.registry.ports.feed.waitFor(stored.revision);
}

async function setStatus(memory: MemoryRegistry, group: string, resource: string, name: string, status: object) {
  const { stored } = await update(memory.registry.require(group, "v1", resource), {
    namespace: "n",
    name,
    subresource: "status",
    isDryRun: false,
    context: memory.contextOf(),
    mayCreate: "never",
    next: (current) => Object.assign({ ...current }, { status }) as NonNullable<typeof current>,
  });
  await memory.registry.ports.feed.waitFor(stored.revision);
}

async function evict(memory: MemoryRegistry, isDryRun: boolean): Promise<readonly [number, string?]> {
  const call: Call = {
    verb: "create",
    group: "",
    version: "v1",
    resource: "pods",
    subresource: "eviction",
    namespace: "n",
    name: "p",
    options: parseCallOptions(isDryRun ? { dryRun: "All" } : {}, "create"),
    body: { kind: "object", object: { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "p" } } },
    context: memory.contextOf(),
  };
  try {
    const outcome = await eviction.run({} as Services, memory.registry.require("", "v1", "pods"), call);
    return [outcome.kind === "plain" ? outcome.code : 0];
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    const cause = error.status.details?.causes?.[0]?.message;
    return cause === undefined ? [error.code] : [error.code, cause];
  }
}
