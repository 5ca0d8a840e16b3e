import assert from "node:assert/strict";
import { FakeClock } from "@drydock/base";
import { silentLogger } from "@drydock/component";
import type { V1Lease } from "@drydock/kube-api";
import type { ApiClient } from "./api-client.ts";
import { runLeaderElection } from "./leader-election.ts";

/** Everything that needs no time. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe("leader election", () => {
  let clock: FakeClock;
  let stored: V1Lease | undefined;
  /** What reading the lease waits for. */
  let reading: Promise<void>;

  beforeEach(() => {
    clock = new FakeClock();
    stored = undefined;
    reading = Promise.resolve();
  });

  const client = {
    async get() {
      await reading;
      if (!stored) throw Object.assign(new Error("not found"), { status: { code: 404 } });
      return stored;
    },
    async create(_: unknown, lease: V1Lease) {
      stored = lease;
      return lease;
    },
    async update(_: unknown, lease: V1Lease) {
      stored = lease;
      return lease;
    },
  } as unknown as ApiClient;

  /** Runs until leadership ends; tells when it began and what became of it. */
  function stand() {
    const told = { hasBegun: false, isAborted: false, outcome: "" };
    const options = { client, clock, logger: silentLogger(), namespace: "kube-system", name: "l", identity: "me" };
    const lead = (signal: AbortSignal) =>
      new Promise<void>((resolve) => {
        told.hasBegun = true;
        signal.addEventListener("abort", () => {
          told.isAborted = true;
          resolve();
        });
      });
    void runLeaderElection(options, new AbortController().signal, lead).then((outcome) => {
      told.outcome = outcome;
    });
    return told;
  }

  async function pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 500) {
      clock.advance(500);
      await settle();
      await settle();
    }
  }

  it("keeps the lease as long as it can be renewed", async () => {
    stored = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: "l" }, spec: {} };
    const told = stand();
    await pass(60_000);
    assert.deepEqual(told, { hasBegun: true, isAborted: false, outcome: "" });
    assert.equal(stored.spec?.holderIdentity, "me");
  });

  it("ends within ten seconds when no answer comes at all, before anybody else may take the lease", async () => {
    stored = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: "l" }, spec: {} };
    const told = stand();
    await pass(5_000);
    assert.ok(told.hasBegun);
    reading = new Promise(() => {});
    await pass(9_000);
    assert.equal(told.isAborted, false);
    await pass(2_500);
    assert.equal(told.isAborted, true);
    assert.equal(told.outcome, "lost");
  });

  it("counts from when it asked, not from when it was told", async () => {
    stored = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: "l" }, spec: {} };
    const told = stand();
    await pass(1_000);
    const slow = Promise.withResolvers<void>();
    reading = slow.promise;
    await pass(8_000);
    slow.resolve();
    await settle();
    // The next one is asked two seconds later, and never answered.
    reading = new Promise(() => {});
    await pass(4_500);
    assert.equal(told.outcome, "lost");
  });
});
