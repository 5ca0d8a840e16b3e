import assert from "node:assert/strict";
import { Etcd3, type IKeyValue, Range } from "etcd3";
import { EtcdCluster, type Implementation, until } from "./etcd-cluster.ts";

const implementation = (process.env["DRYDOCK_TEST_ETCD"] ?? "drydock") as Implementation;

/** A client that was written for etcd and knows nothing of this project. */
describe("the npm client etcd3", function () {
  this.timeout(60_000);
  let cluster: EtcdCluster;
  let client: Etcd3;
  before(async () => {
    cluster = await EtcdCluster.start({ implementation, isSecure: false });
    client = new Etcd3({ hosts: cluster.endpoints });
  });
  after(async () => {
    client.close();
    await cluster.dispose();
  });

  it("puts, gets and deletes", async () => {
    const keys = client.namespace("session/");
    for (const [key, value] of Object.entries({ a: "1", b: "2", c: "3" })) await keys.put(key).value(value);
    assert.equal(await keys.get("b").string(), "2");
    assert.equal(await keys.get("missing").string(), null);
    assert.deepEqual(await keys.getAll().sort("Key", "Descend").limit(2).strings(), { c: "3", b: "2" });
    assert.equal(await keys.getAll().count(), 3);
    await keys.delete().range(new Range(Buffer.from("a"), Buffer.from("c")));
    assert.deepEqual(await keys.getAll().keys(), ["c"]);
    await client.delete().all();
    assert.equal(await client.getAll().count(), 0);
  });

  it("compares and swaps, and retries what collides", async () => {
    await client.put("counter").value("0");
    const answer = await client
      .if("counter", "Value", "==", "0")
      .then(client.put("counter").value("1"))
      .else(client.get("counter"))
      .commit();
    assert.equal(answer.succeeded, true);
    await Promise.all(
      Array.from({ length: 4 }, () =>
        client.stm({ retries: 50 }).transact(async (tx) => {
          const value = await tx.get("counter").number();
          await tx.put("counter").value(Number(value) + 1);
        }),
      ),
    );
    assert.equal(await client.get("counter").number(), 5);
  });

  it("watches a prefix, from now and from the past", async () => {
    const watcher = await client.watch().prefix("w/").create();
    const seen: string[] = [];
    watcher.on("put", (kv: IKeyValue) => seen.push(`put ${kv.key}=${kv.value}`));
    watcher.on("delete", (kv: IKeyValue) => seen.push(`delete ${kv.key}`));
    const { header } = await client.put("w/a").value("1");
    await client.delete().key("w/a");
    await until("both events", async () => (seen.length === 2 ? true : undefined));
    assert.deepEqual(seen, ["put w/a=1", "delete w/a"]);
    await watcher.cancel();
    const past = await client.watch().key("w/a").startRevision(header.revision).create();
    const replayed: string[] = [];
    past.on("put", (kv: IKeyValue) => replayed.push(String(kv.value)));
    await until("the past", async () => (replayed.length === 1 ? true : undefined));
    await past.cancel();
  });

  it("keeps a lease alive, and lets its keys go with it", async () => {
    const lease = client.lease(3);
    await lease.put("leased").value("here");
    const grantedAtMs = Date.now();
    await until("more time than the lease had", async () => (Date.now() - grantedAtMs > 5000 ? true : undefined));
    assert.equal(await client.get("leased").string(), "here");
    await lease.revoke();
    assert.equal(await client.get("leased").string(), null);
  });

  it("locks out whoever comes second", async () => {
    const first = client.lock("mutex");
    await first.acquire();
    await assert.rejects(client.lock("mutex").acquire());
    await first.release();
    assert.equal(await client.lock("mutex").do(async () => "inside"), "inside");
  });

  it("elects one leader after the other", async () => {
    const election = client.election("chair", 5);
    const observer = await election.observe();
    const leaders: (string | undefined)[] = [];
    observer.on("change", (leader) => leaders.push(leader));
    const one = election.campaign("one");
    await new Promise((resolve, reject) => {
      one.on("elected", () => resolve(undefined));
      one.on("error", reject);
    });
    const two = election.campaign("two");
    const elected = new Promise((resolve, reject) => {
      two.on("elected", () => resolve(undefined));
      two.on("error", reject);
    });
    await one.resign();
    await elected;
    assert.equal(await election.leader(), "two");
    await until("the observer to see it", async () => (leaders.at(-1) === "two" ? true : undefined));
    await two.resign();
    await observer.cancel();
  });

  it("asks how the cluster is", async () => {
    assert.equal((await client.cluster.memberList({})).members.length, 3);
    const { version } = await client.maintenance.status();
    assert.match(version, /^3\./);
  });

  it("comes in as a user when it must", async () => {
    const root = client.user("root");
    await root.create("secret");
    await root.addRole("root");
    const role = client.role("reader");
    await role.create();
    await role.grant({ permission: "Read", range: Range.prefix("shared/") });
    const user = client.user("bob");
    await user.create("pw");
    await user.addRole("reader");
    await client.auth.authEnable();
    const hosts = cluster.endpoints;
    const admin = new Etcd3({ hosts, auth: { username: "root", password: "secret" } });
    const bob = new Etcd3({ hosts, auth: { username: "bob", password: "pw" } });
    try {
      await admin.put("shared/a").value("1");
      assert.equal(await bob.get("shared/a").string(), "1");
      await assert.rejects(async () => bob.put("shared/a").value("2"), /permission denied/);
    } finally {
      await admin.auth.authDisable();
      admin.close();
      bob.close();
    }
  });
});
