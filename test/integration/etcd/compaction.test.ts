import assert from "node:assert/strict";
import type { EtcdClient } from "@drydock/etcd-client";
import { EtcdCluster, until } from "./etcd-cluster.ts";

const KEYS = 300;
const PUTS = 9000;
const AT_ONCE = 64;
const VALUE = "v".repeat(300);
const END = /"msg":"finished scheduled compaction"/g;

describe("compaction", function () {
  this.timeout(60_000);
  let cluster: EtcdCluster;
  beforeEach(async () => {
    cluster = await EtcdCluster.start({ members: 1, isSecure: false });
    await write(cluster.client());
  });
  afterEach(() => cluster?.dispose());

  const present = async () => {
    const { kvs, header } = await cluster.client().range({ key: "k", rangeEnd: "l" });
    return { kvs: kvs.map(({ key, version, modRevision }) => `${key} ${version} ${modRevision}`), header };
  };
  const sizeInUse = async () => Number((await cluster.statuses())[0]?.dbSizeInUse);
  const ends = async () => [...(await cluster.log(0)).matchAll(END)].length;

  it("answers at once, and forgets beside all other work", async () => {
    const before = await present();
    const revision = Number(before.header?.revision);
    await until("all of it to be written", async () => ((await sizeInUse()) > PUTS * 300 ? true : undefined));
    const full = await sizeInUse();
    await cluster.client().compact(revision);
    assert.deepEqual((await present()).kvs, before.kvs);
    const early = cluster.etcdctl(["get", "k1", "--rev", String(revision - 1)]);
    await assert.rejects(early, /required revision has been compacted/);
    await until("its end", async () => (await ends()) || undefined);
    assert.deepEqual((await present()).kvs, before.kvs);
    assert.ok((await sizeInUse()) < full / 5, `${full} became ${await sizeInUse()} octets`);
  });

  it("has forgotten everything when a physical one answers", async () => {
    const revision = Number((await present()).header?.revision);
    await cluster.etcdctl(["compact", String(revision), "--physical"]);
    assert.equal(await ends(), 1);
    assert.ok((await sizeInUse()) < (PUTS * 300) / 5);
  });

  it("is brought to its end by a member that died in the midst of it, and nothing deleted is there again", async () => {
    const before = await present();
    await cluster.stopMember(0);
    cluster.startMember(0, [0], { DRYDOCK_FAILPOINT: "forget-before-write=kill@3" });
    await cluster.waitUntilReady();
    await cluster.client().compact(Number(before.header?.revision));
    await until("its death", async () => (cluster.isRunning(0) ? undefined : true));
    assert.equal(await ends(), 0);
    cluster.startMember(0);
    await cluster.waitUntilReady();
    await until("the end", async () => (await ends()) || undefined);
    assert.deepEqual((await present()).kvs, before.kvs);
    assert.ok((await sizeInUse()) < (PUTS * 300) / 5);
  });
});

/** Each key many times; every third of them is deleted in the end. */
async function write(client: EtcdClient): Promise<void> {
  let left = PUTS;
  const one = async () => {
    while (left-- > 0) await client.put({ key: `k${left % KEYS}`, value: VALUE });
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  for (let number = 0; number < KEYS; number += 3) await client.deleteRange({ key: `k${number}` });
}
