import assert from "node:assert/strict";
import { EtcdError } from "@drydock/etcd-client";
import { EtcdCluster, type Implementation, until } from "./etcd-cluster.ts";
import { Writers } from "./writers.ts";

const implementation = (process.env["DRYDOCK_TEST_ETCD"] ?? "drydock") as Implementation;
/** etcd itself needs up to 2.8 s here. */
const RESUME_LIMIT_MS = 3000;

describe("three members under faults", function () {
  this.timeout(90_000);
  let cluster: EtcdCluster;

  beforeEach(async () => {
    cluster = await EtcdCluster.start({ implementation, extraFlags: ["--snapshot-count=500"] });
  });
  afterEach(() => cluster.dispose());

  const hashesAgree = () =>
    until("equal hashes on all members", async () => {
      const hashes = JSON.parse(await cluster.etcdctl(["endpoint", "hashkv", "-w", "json"])) as {
        HashKV: { hash: number };
      }[];
      return hashes.length === 3 && new Set(hashes.map(({ HashKV }) => HashKV.hash)).size === 1 ? true : undefined;
    });

  it("writes go on within 3 s when the leader is killed, and nothing acknowledged is lost", async () => {
    const writers = new Writers(cluster, 8);
    await writers.untilAcknowledged(200);
    const leader = await cluster.leaderIndex();
    const killedAtMs = performance.now();
    await cluster.stopMember(leader, "SIGKILL");
    const resumedMs = (await writers.nextAcknowledgementAfter(killedAtMs)) - killedAtMs;
    assert.ok(resumedMs < RESUME_LIMIT_MS, `writes resumed after ${Math.round(resumedMs)} ms`);
    await writers.untilAcknowledged(writers.acknowledgedCount + 200);
    cluster.startMember(leader);
    await cluster.waitUntilReady();
    await writers.stop();
    await writers.check(cluster.client([leader]));
    await hashesAgree();
  });

  it("every single writer goes on, whichever member it speaks to", async () => {
    const leader = await cluster.leaderIndex();
    const follower = (leader + 1) % 3;
    const client = cluster.client([follower, (leader + 2) % 3]);
    let slowestMs = 0;
    const stopAtMs = performance.now() + 6000;
    const killed = new Promise<void>((resolve) =>
      setTimeout(() => cluster.stopMember(leader, "SIGKILL").then(() => resolve()), 500),
    );
    for (let number = 0; performance.now() < stopAtMs; number++) {
      const startedMs = performance.now();
      await client
        .put({ key: `sequence/${number}`, value: "x" })
        .catch((error: unknown) => assert.ok(error instanceof EtcdError, String(error)));
      slowestMs = Math.max(slowestMs, performance.now() - startedMs);
    }
    await killed;
    if (implementation === "drydock")
      assert.ok(slowestMs < RESUME_LIMIT_MS, `one write took ${Math.round(slowestMs)} ms`);
  });

  it("a paused leader is replaced and answers nothing stale when it returns", async () => {
    const leader = await cluster.leaderIndex();
    const others = [0, 1, 2].filter((index) => index !== leader);
    const client = cluster.client(others, 5000);
    await client.put({ key: "register", value: "before" });
    cluster.signalMember(leader, "SIGSTOP");
    await until("a write without the old leader", () =>
      client.put({ key: "register", value: "after" }).then(
        () => true,
        () => undefined,
      ),
    );
    const old = cluster.client([leader], 5000);
    const read = old.range({ key: "register" });
    cluster.signalMember(leader, "SIGCONT");
    const value = await read.then(
      ({ kvs }) => String(kvs[0]?.value),
      (error: unknown) => error,
    );
    assert.ok(value === "after" || value instanceof EtcdError, `the old leader said ${String(value)}`);
  });

  it("says clearly that it is unavailable when two are gone, and recovers with everything", async () => {
    const writers = new Writers(cluster, 4);
    await writers.untilAcknowledged(50);
    await writers.stop();
    await Promise.all([0, 1].map((index) => cluster.stopMember(index, "SIGKILL")));
    const survivor = cluster.client([2], 20_000);
    for (const attempt of [survivor.put({ key: "x", value: "y" }), survivor.range({ key: "x" })]) {
      await assert.rejects(attempt, (error: EtcdError) =>
        /^etcdserver: (request timed out|no leader)/.test(error.message),
      );
    }
    assert.equal((await survivor.range({ key: "writer/", prefix: true, serializable: true, limit: 1 })).kvs.length, 1);
    cluster.startMember(0);
    cluster.startMember(1);
    await cluster.waitUntilReady();
    await writers.check(cluster.client());
    await hashesAgree();
  });

  it("brings a member that lags too far up to date by a snapshot, its watches included", async () => {
    const leader = await cluster.leaderIndex();
    const lagging = (leader + 1) % 3;
    await cluster.client().put({ key: "before", value: "1" });
    await cluster.stopMember(lagging, "SIGKILL");
    const writers = new Writers(cluster, 64, [leader]);
    await writers.untilAcknowledged(6500);
    await writers.stop();
    await cluster.client([leader]).deleteRange({ key: "before" });
    cluster.startMember(lagging);
    await cluster.waitUntilReady();
    await writers.check(cluster.client([lagging]));
    const watch = cluster.client([lagging]).watch({ key: "after" });
    await watch.created;
    await cluster.client([leader]).put({ key: "after", value: "snapshot" });
    for await (const { events } of watch) {
      assert.equal(String(events[0]?.kv?.value), "snapshot");
      break;
    }
    await hashesAgree();
  });

  it("keeps everything when all three are killed at once, several times", async () => {
    const writers = new Writers(cluster, 8);
    const lease = await cluster.client().leaseGrant({ ttl: 600 });
    await cluster.client().put({ key: "leased", value: "1", lease: lease.ID });
    for (let round = 1; round <= 3; round++) {
      await writers.untilAcknowledged(writers.acknowledgedCount + 150);
      await Promise.all([0, 1, 2].map((index) => cluster.stopMember(index, "SIGKILL")));
      for (const index of [0, 1, 2]) cluster.startMember(index);
      await cluster.waitUntilReady();
    }
    await writers.stop();
    await writers.check(cluster.client());
    const { keys } = await cluster.client().leaseTimeToLive(lease.ID, { keys: true });
    assert.deepEqual(keys.map(String), ["leased"]);
    await hashesAgree();
  });

  it("stops gracefully: leadership is handed over and no write fails for long", async () => {
    const leader = await cluster.leaderIndex();
    const writers = new Writers(
      cluster,
      4,
      [0, 1, 2].filter((index) => index !== leader),
    );
    await writers.untilAcknowledged(50);
    const stoppedAtMs = performance.now();
    assert.equal(await cluster.stopMember(leader, "SIGTERM"), 0);
    assert.ok((await writers.nextAcknowledgementAfter(stoppedAtMs)) - stoppedAtMs < RESUME_LIMIT_MS);
    await writers.stop();
    await writers.check(cluster.client([(leader + 1) % 3]));
  });

  it("a watch goes on through the loss of its member, without gaps or repeats", async () => {
    const client = cluster.client();
    const watch = client.watch({ key: "writer/", prefix: true });
    await watch.created;
    const writers = new Writers(cluster, 4);
    const seen: number[] = [];
    const following = (async () => {
      for await (const batch of watch) seen.push(...batch.events.map((event) => event.kv?.modRevision ?? 0));
    })();
    for (const index of [0, 1, 2]) {
      await writers.untilAcknowledged(writers.acknowledgedCount + 60);
      await cluster.stopMember(index, "SIGKILL");
      await writers.untilAcknowledged(writers.acknowledgedCount + 30);
      cluster.startMember(index);
      await cluster.waitUntilReady();
    }
    await writers.stop();
    const { kvs, header } = await cluster.client().range({ key: "writer/", prefix: true });
    const last = Math.max(...kvs.map(({ modRevision }) => modRevision));
    await until("all events", async () => ((seen.at(-1) ?? 0) >= last ? true : undefined)).finally(() =>
      watch.cancel(),
    );
    await following;
    assert.equal(new Set(seen).size, seen.length, "no event comes twice");
    assert.deepEqual(
      seen,
      [...seen].sort((a, b) => a - b),
      "events come in order",
    );
    // Every key is written once: the keys there are the history.
    const expected = kvs.map(({ modRevision }) => modRevision).sort((a, b) => a - b);
    assert.deepEqual(seen, expected, `all events up to ${header?.revision}`);
  });
});
