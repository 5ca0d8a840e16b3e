import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { EtcdCluster, type Implementation, until } from "./etcd-cluster.ts";

/** DRYDOCK_TEST_ETCD=etcd asks the same of Debian's etcd: what the tests expect is what etcd does. */
const implementation = (process.env["DRYDOCK_TEST_ETCD"] ?? "drydock") as Implementation;

describe("etcdctl against three members", function () {
  this.timeout(60_000);
  let cluster: EtcdCluster;
  const ctl = (...args: string[]) => cluster.etcdctl(args);

  before(async () => {
    cluster = await EtcdCluster.start({ implementation });
  });
  after(() => cluster.dispose());

  it("puts, gets and deletes", async () => {
    assert.equal(await ctl("put", "color/1", "red"), "OK\n");
    assert.equal(await ctl("put", "color/1", "green", "--prev-kv"), "OK\ncolor/1\nred\n");
    await ctl("put", "color/2", "blue");
    assert.equal(await ctl("get", "color/1"), "color/1\ngreen\n");
    assert.equal(await ctl("get", "color/", "--prefix", "--keys-only"), "color/1\n\ncolor/2\n\n");
    assert.equal(await ctl("get", "color/", "--prefix", "--print-value-only", "--order=DESCEND"), "blue\ngreen\n");
    assert.equal(await ctl("get", "color/", "--prefix", "--limit=1"), "color/1\ngreen\n");
    assert.equal(await ctl("get", "color/1", "color/2"), "color/1\ngreen\n");
    assert.equal(await ctl("get", "color/2", "--from-key", "--print-value-only"), "blue\n");
    assert.match(await ctl("get", "color/", "--prefix", "-w", "fields"), /"Count" : 2/);
    assert.equal(await ctl("get", "color/", "--prefix", "--sort-by=VALUE", "--print-value-only"), "blue\ngreen\n");
    assert.equal(await ctl("del", "color/", "--prefix", "--prev-kv"), "2\ncolor/1\ngreen\ncolor/2\nblue\n");
    assert.equal(await ctl("get", "color/", "--prefix"), "");
  });

  it("reads old revisions until they are compacted", async () => {
    await ctl("put", "old", "first");
    const json = JSON.parse(await ctl("get", "old", "-w", "json")) as { header: { revision: number } };
    const { revision } = json.header;
    await ctl("put", "old", "second");
    assert.equal(await ctl("get", "old", `--rev=${revision}`, "--print-value-only"), "first\n");
    assert.equal(await ctl("compact", String(revision + 1)), `compacted revision ${revision + 1}\n`);
    const compacted = await cluster.tryEtcdctl(["get", "old", `--rev=${revision}`]);
    assert.match(compacted.stderr, /etcdserver: mvcc: required revision has been compacted/);
    const future = await cluster.tryEtcdctl(["get", "old", `--rev=${revision + 1000}`]);
    assert.match(future.stderr, /etcdserver: mvcc: required revision is a future revision/);
    assert.equal(await ctl("get", "old", "--print-value-only"), "second\n");
  });

  it("runs transactions, one branch or the other", async () => {
    await ctl("put", "account", "10");
    const input =
      'value("account") = "10"\nversion("account") > "0"\n\nput account 5\nget account\n\nput account broken\n\n';
    assert.equal(await cluster.etcdctl(["txn"], { input }), "SUCCESS\n\nOK\n\naccount\n5\n");
    assert.match(
      await cluster.etcdctl(["txn"], { input: 'value("account") = "10"\n\nput account 1\n\nget account\n\n' }),
      /^FAILURE\n\naccount\n5\n$/,
    );
  });

  it("watches from now, from a revision, and by prefix", async () => {
    const watch = cluster.spawnEtcdctl(["watch", "w/", "--prefix", "--prev-kv"]);
    try {
      // The watch has no sign that it stands: a first change that it does not see yet may have to be repeated.
      await until("the watch to stand", async () => {
        await ctl("put", "w/probe", "x");
        return watch.output() === "" ? undefined : true;
      });
      await ctl("put", "w/a", "1");
      await ctl("del", "w/a");
      await until("the deletion", async () =>
        /PUT\n\n?.*w\/a\n1\nDELETE\nw\/a\n1\nw\/a\n/s.test(watch.output()) ? true : undefined,
      );
    } finally {
      watch.stop();
    }
    const json = JSON.parse(await ctl("get", "w/", "--prefix", "-w", "json")) as { header: { revision: number } };
    const past = cluster.spawnEtcdctl(["watch", "w/a", `--rev=${json.header.revision - 1}`]);
    await until("history", async () => (past.output() === "PUT\nw/a\n1\nDELETE\nw/a\n\n" ? true : undefined)).finally(
      past.stop,
    );
  });

  it("grants leases, renews them, and deletes their keys when they end", async () => {
    const grant = async (seconds: number) =>
      new RegExp(`^lease ([0-9a-f]+) granted with TTL\\(${seconds}s\\)`).exec(
        await ctl("lease", "grant", String(seconds)),
      )?.[1] as string;
    const id = await grant(600);
    assert.ok(id);
    await ctl("put", "leased", "soon gone", `--lease=${id}`);
    assert.match(
      await ctl("lease", "timetolive", id, "--keys"),
      /remaining\((600|5\d\d)s\), attached keys\(\[leased\]\)/,
    );
    assert.match(await ctl("lease", "list"), new RegExp(id));
    assert.match(await ctl("lease", "keep-alive", "--once", id), /keepalived with TTL\(600\)/);
    assert.equal(await ctl("get", "leased", "--print-value-only"), "soon gone\n");
    assert.match(await ctl("lease", "revoke", id), /revoked/);
    assert.equal(await ctl("get", "leased"), "");
    // It may have ended before the key comes.
    const short = await until("a key with a short lease", async () => {
      const lease = await grant(2);
      const put = ["put", "leased", "soon gone", `--lease=${lease}`];
      return (await cluster.tryEtcdctl(put)).status === 0 ? lease : undefined;
    });
    await until("the lease to end", async () => ((await ctl("get", "leased")) === "" ? true : undefined));
    assert.match(await ctl("lease", "timetolive", short), /already expired/);
  });

  it("lists members and tells how they are", async () => {
    // Members tell each other their client addresses once they have started.
    const members = await until("all addresses", async () => {
      const lines = (await ctl("member", "list")).trim().split("\n").sort();
      return lines.every((line) => /, https?:\/\/\S+, https?:\/\/\S+, false$/.test(line)) ? lines : undefined;
    });
    assert.equal(members.length, 3);
    for (const [index, { name, clientUrl, peerUrl }] of cluster.members.entries()) {
      const line = members.find((candidate) => candidate.includes(`, ${name}, `));
      assert.match(
        line ?? "",
        new RegExp(`^[0-9a-f]{1,16}, started, ${name}, ${peerUrl}, ${clientUrl}, false$`),
        `member ${index}: ${line}`,
      );
    }
    // 3.4 prints health on standard error.
    const health = await cluster.tryEtcdctl(["endpoint", "health"]);
    assert.equal(health.status, 0, health.stderr);
    assert.equal((health.stdout + health.stderr).match(/is healthy: successfully committed proposal/g)?.length, 3);
  });

  it("gives the same status and the same hash everywhere", async () => {
    type Status = {
      Endpoint: string;
      Status: { header: { member_id: number }; leader: number; version: string; dbSize: number; raftTerm: number };
    };
    const statuses = JSON.parse(await ctl("endpoint", "status", "-w", "json")) as Status[];
    assert.equal(statuses.length, 3);
    assert.equal(new Set(statuses.map(({ Status }) => Status.leader)).size, 1);
    assert.equal(statuses.filter(({ Status }) => Status.leader === Status.header.member_id).length, 1);
    assert.ok(
      statuses.every(({ Status }) => Status.dbSize > 0 && Status.raftTerm > 0 && /^3\.\d+\.\d+/.test(Status.version)),
    );
    await until("equal hashes", async () => {
      const hashes = JSON.parse(await ctl("endpoint", "hashkv", "-w", "json")) as { HashKV: { hash: number } }[];
      assert.equal(hashes.length, 3);
      return new Set(hashes.map(({ HashKV }) => HashKV.hash)).size === 1 ? true : undefined;
    });
  });

  it("moves leadership", async () => {
    const leader = await cluster.leaderIndex();
    const target = (leader + 1) % 3;
    const statuses = await cluster.statuses();
    const id = BigInt(statuses.find(({ index }) => index === target)?.header?.memberId ?? 0).toString(16);
    assert.match(await cluster.etcdctl(["move-leader", id], { members: [leader] }), /Leadership transferred/);
    await until("the new leader", async () => ((await cluster.leaderIndex()) === target ? true : undefined));
    const refused = await cluster.tryEtcdctl(["move-leader", id], { members: [leader] });
    assert.match(refused.stderr, /no leader endpoint given|not leader/);
  });

  it("saves a snapshot", async () => {
    const path = join(cluster.directory, "backup.db");
    await ctl("put", "large", "x".repeat(8192));
    assert.match(await cluster.etcdctl(["snapshot", "save", path], { members: [0] }), /Snapshot saved at/);
    assert.ok((await stat(path)).size > 4096);
  });

  it("defragments and has no alarms", async () => {
    assert.equal((await ctl("defrag")).match(/Finished defragmenting etcd member/g)?.length, 3);
    assert.equal(await ctl("alarm", "list"), "");
  });

  it("locks and elects through the client's own recipes", async () => {
    assert.match(await ctl("lock", "mutex", "echo", "inside"), /inside/);
    const candidate = cluster.spawnEtcdctl(["elect", "chair", "me"]);
    await until("the election", async () =>
      /chair\/[0-9a-f]+\nme\n/.test(candidate.output()) ? true : undefined,
    ).finally(candidate.stop);
  });

  it("refuses clients without a certificate", async () => {
    const { clientUrl } = cluster.members[0] as (typeof cluster.members)[number];
    await assert.rejects(fetch(`${clientUrl}/health`), "no certificate, no answer");
  });
});
