import assert from "node:assert/strict";
import { EtcdCluster, until } from "./etcd-cluster.ts";

type Json = Readonly<Record<string, unknown>>;

describe("hashes of revisions", function () {
  this.timeout(60_000);
  let cluster: EtcdCluster;
  before(async () => {
    cluster = await EtcdCluster.start({
      isSecure: false,
      extraFlags: ["--feature-gates=CompactHashCheck=true", "--compact-hash-check-time=1s"],
    });
  });
  after(() => cluster?.dispose());

  const hashKv = async (index: number, revision: number): Promise<Json> => {
    const url = `${cluster.members[index]?.clientUrl}/v3/maintenance/hashkv`;
    const response = await fetch(url, { method: "POST", body: JSON.stringify({ revision }) });
    const { header, ...rest } = (await response.json()) as Json;
    return rest;
  };
  const untilAllHave = (revision: number) =>
    until(`all to be at ${revision}`, async () => {
      const statuses = await cluster.statuses();
      return statuses.every(({ header }) => Number(header?.revision) >= revision) || undefined;
    });
  const onAll = (revision: number) => Promise.all([0, 1, 2].map((index) => hashKv(index, revision)));

  it("are the same on all members, where the store was compacted too", async () => {
    const client = cluster.client();
    for (let index = 0; index < 60; index++) await client.put({ key: `k${index % 20}`, value: `v${index}` });
    await client.deleteRange({ key: "k3" });
    await untilAllHave(62);
    const [before] = await onAll(40);
    for (const other of await onAll(40)) assert.deepEqual(other, before);
    assert.equal(before?.["compact_revision"], "-1");
    const now = await onAll(0);
    assert.deepEqual(
      now.map(({ hash_revision }) => hash_revision),
      ["62", "62", "62"],
    );
    assert.equal(new Set(now.map(({ hash }) => hash)).size, 1);
    await cluster.etcdctl(["compact", "40", "--physical"]);
    await cluster.etcdctl(["put", "later", "1"]);
    await untilAllHave(63);
    // As it was before it was forgotten.
    for (const each of await onAll(40)) assert.deepEqual(each, before);
    const [behind] = await onAll(41);
    assert.equal(behind?.["compact_revision"], "40");
    for (const other of await onAll(41)) assert.deepEqual(other, behind);
    assert.match(String((await hashKv(0, 39))["message"]), /required revision has been compacted/);
    assert.match(String((await hashKv(0, 1000))["message"]), /required revision is a future revision/);
  });

  it("are compared by the leader, who finds nothing", async () => {
    const leader = await cluster.leaderIndex();
    await until("a comparison", async () =>
      (await cluster.log(leader)).includes("finished compaction hash check") ? true : undefined,
    );
    const alarms = await cluster.etcdctl(["alarm", "list"]);
    assert.equal(alarms.trim(), "");
  });

  it("are told by what is there, after a restart", async () => {
    const [before, hash] = [await hashKv(2, 40), await hashKv(2, 41)];
    await cluster.stopMember(2);
    cluster.startMember(2);
    await cluster.waitUntilReady();
    assert.equal((await hashKv(2, 40))["compact_revision"], "40");
    assert.equal(before["compact_revision"], "-1");
    assert.deepEqual(await hashKv(2, 41), hash);
    const metrics = await (await fetch(`${cluster.members[2]?.metricsUrl}/metrics`)).text();
    // A leader that follows this member asks it too.
    assert.match(metrics, /^etcd_mvcc_hash_rev_duration_seconds_count [2-9]$/m);
    assert.match(metrics, /^etcd_mvcc_hash_duration_seconds_bucket\{le="163.84"\} 0$/m);
  });
});
