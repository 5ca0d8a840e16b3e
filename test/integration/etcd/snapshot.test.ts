import assert from "node:assert/strict";
import { copyFile, mkdtemp, open, readFile, rm, stat, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesOf, openDatabase } from "@drydock/bbolt";
import { MaintenanceClient, type SnapshotResponse } from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { credentials } from "@grpc/grpc-js";
import { EtcdCluster } from "./etcd-cluster.ts";
import { etcdutl, offlineEtcdctl, restoreBy } from "./offline.ts";
import { Writers } from "./writers.ts";

const PLAIN = { isSecure: false } as const;
const COMPACTED = 30;

/** What a cluster was filled with, as far as it can be asked for again. */
interface Filled {
  readonly leaseId: string;
  readonly revision: number;
}

/** Histories, deletions, keys that came back, a lease, a value of many pages, users, and a compaction in the midst of all. */
async function fill(cluster: EtcdCluster): Promise<Filled> {
  const client = cluster.client();
  for (let round = 0; round < 4; round++)
    for (let key = 0; key < 15; key++) await client.put({ key: `history/${key}`, value: `${key} in round ${round}` });
  await client.deleteRange({ key: "history/3" });
  await client.deleteRange({ key: "history/1", prefix: true });
  await client.put({ key: "history/3", value: "again" });
  await client.txn({
    success: [
      { kind: "put", key: "both/a", value: "1" },
      { kind: "put", key: "both/b", value: "2" },
    ],
  });
  await client.put({ key: "large", value: Buffer.alloc(300_000, 7) });
  const { ID: leaseId } = await client.leaseGrant({ ttl: 5000 });
  await client.put({ key: "leased", value: "x", lease: leaseId });
  await client.compact(COMPACTED);
  for (const args of [
    ["user", "add", "alice:pw"],
    ["role", "add", "guest"],
    ["role", "grant-permission", "guest", "readwrite", "public/", "--prefix"],
    ["user", "grant-role", "alice", "guest"],
  ])
    await cluster.etcdctl(args);
  const { header } = await client.range({ key: "large" });
  return { leaseId, revision: Number(header?.revision) };
}

/** Everything that was ever visible since the compaction, revision by revision, with all its figures. */
async function historyOf(cluster: EtcdCluster, { revision }: Filled, member: number): Promise<string[]> {
  const client = cluster.client([member]);
  const history: string[] = [];
  for (let at = COMPACTED; at <= revision; at++) {
    const { kvs } = await client.range({ key: "\0", rangeEnd: "\0", revision: at });
    history.push(
      JSON.stringify(kvs.map((kv) => ({ ...kv, key: kv.key.toString(), value: kv.value.toString("base64") }))),
    );
  }
  return history;
}

async function checkRestored(restored: EtcdCluster, source: EtcdCluster, filled: Filled): Promise<void> {
  const expected = await historyOf(source, filled, 0);
  for (const index of restored.members.keys())
    assert.deepEqual(await historyOf(restored, filled, index), expected, `member ${index}`);
  await assert.rejects(restored.client().range({ key: "large", revision: COMPACTED - 1 }), /compacted/);
  const { grantedTTL, keys } = await restored.client().leaseTimeToLive(filled.leaseId, { keys: true });
  assert.equal(Number(grantedTTL), 5000);
  assert.deepEqual(keys.map(String), ["leased"]);
  assert.equal(await restored.etcdctl(["user", "list"]), "alice\n");
  assert.match(await restored.etcdctl(["user", "get", "alice"]), /Roles: guest/);
  assert.match(await restored.etcdctl(["role", "get", "guest"]), /\[public\/, public0\)/);
  assert.equal((await restored.client().memberList()).members.length, restored.members.length);
  const { header } = await restored.client().put({ key: "after", value: "the restore" });
  assert.equal(Number(header?.revision), filled.revision + 1);
}

/** Passwords came along: who has one may do what their role allows, and nobody else anything. */
async function checkPasswords(restored: EtcdCluster): Promise<void> {
  for (const args of [
    ["user", "add", "root:rootpw"],
    ["user", "grant-role", "root", "root"],
    ["auth", "enable"],
  ])
    await restored.etcdctl(args);
  assert.equal(await restored.etcdctl(["--user", "alice:pw", "put", "public/x", "1"]), "OK\n");
  await assert.rejects(restored.etcdctl(["--user", "alice:pw", "put", "private", "1"]), /permission denied/);
  await assert.rejects(restored.etcdctl(["--user", "alice:wrong", "put", "public/x", "1"]), /authentication failed/);
}

async function hashesOf(cluster: EtcdCluster): Promise<number[]> {
  const text = await cluster.etcdctl(["endpoint", "hashkv", "-w", "json"]);
  return (JSON.parse(text) as { HashKV: { hash: number } }[]).map(({ HashKV }) => HashKV.hash);
}

describe("snapshots of the store", function () {
  this.timeout(120_000);
  let directory: string;
  let source: EtcdCluster;
  let filled: Filled;
  let saved: string;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "drydock-snapshot-"));
    source = await EtcdCluster.start(PLAIN);
    filled = await fill(source);
    saved = join(directory, "saved.db");
    assert.match(await source.etcdctl(["snapshot", "save", saved], { members: [0] }), /Snapshot saved at/);
  });
  after(async () => {
    await source?.dispose();
    await rm(directory, { recursive: true, force: true });
  });

  it("are told of by etcdctl and by us alike", async () => {
    for (const form of ["simple", "json", "table"]) {
      const [theirs, ours] = await Promise.all(
        [offlineEtcdctl, etcdutl].map((tool) => tool("snapshot", "status", saved, "-w", form)),
      );
      assert.equal(theirs?.status, 0, theirs?.stderr);
      assert.equal(ours?.stdout, theirs?.stdout);
    }
    const { stdout } = await etcdutl("snapshot", "status", saved, "-w", "json");
    const { revision, totalSize } = JSON.parse(stdout) as { revision: number; totalSize: number };
    assert.equal(revision, filled.revision);
    assert.equal(totalSize, (await stat(saved)).size - 32);
  });

  it("count down what remains, to nothing", async () => {
    const client = new MaintenanceClient(
      source.endpoints[0]?.replace("http://", "") ?? "",
      credentials.createInsecure(),
    );
    const parts: SnapshotResponse[] = [];
    for await (const part of client.snapshot({})) parts.push(part as SnapshotResponse);
    client.close();
    const total = parts.slice(0, -1).reduce((sum, { blob }) => sum + blob.length, 0);
    let sent = 0;
    for (const { blob, remainingBytes } of parts) {
      sent += blob.length;
      assert.equal(Number(remainingBytes), Math.max(0, total - sent));
    }
    assert.equal(parts.at(-1)?.blob.length, 32);
  });

  it("are restored by etcdctl, and etcd serves all of them", async () => {
    const restored = await EtcdCluster.start({
      ...PLAIN,
      implementation: "etcd",
      prepare: restoreBy(offlineEtcdctl, saved),
    });
    try {
      await checkRestored(restored, source, filled);
      await checkPasswords(restored);
    } finally {
      await restored.dispose();
    }
  });

  it("are restored by us, the same on every member, which lives on as any other", async () => {
    const restored = await EtcdCluster.start({ ...PLAIN, prepare: restoreBy(etcdutl, saved) });
    try {
      await checkRestored(restored, source, filled);
      assert.equal(new Set(await hashesOf(restored)).size, 1);
      await restored.stopMember(1);
      restored.startMember(1);
      await restored.waitUntilReady();
      assert.equal(new Set(await hashesOf(restored)).size, 1);
      const { stderr } = await etcdutl("hashkv", `--data-dir=${restored.dataDirectory(0)}`);
      assert.match(stderr, /is running, as process \d+: stop it first/);
      const [hash] = await hashesOf(restored);
      await Promise.all(restored.members.map((_, index) => restored.stopMember(index)));
      const dataDir = `--data-dir=${restored.dataDirectory(0)}`;
      assert.match((await etcdutl("defrag", dataDir)).stdout, /Finished defragmenting/);
      const offline = JSON.parse((await etcdutl("hashkv", dataDir, "-w", "json")).stdout);
      assert.deepEqual(offline, { hash, hashRevision: filled.revision + 1, compactRevision: COMPACTED });
    } finally {
      await restored.dispose();
    }
  });

  it("of etcd itself are restored by us", async () => {
    const theirs = await EtcdCluster.start({ ...PLAIN, implementation: "etcd", members: 1 });
    let restored: EtcdCluster | undefined;
    try {
      const filledTheirs = await fill(theirs);
      const path = join(directory, "theirs.db");
      await theirs.etcdctl(["snapshot", "save", path]);
      const told = await Promise.all([offlineEtcdctl, etcdutl].map((tool) => tool("snapshot", "status", path)));
      assert.equal(told[1]?.stdout, told[0]?.stdout);
      restored = await EtcdCluster.start({ ...PLAIN, prepare: restoreBy(etcdutl, path) });
      await checkRestored(restored, theirs, filledTheirs);
      assert.equal(new Set(await hashesOf(restored)).size, 1);
      await checkPasswords(restored);
    } finally {
      await restored?.dispose();
      await theirs.dispose();
    }
  });

  it("may begin at a later revision, with everything before it compacted", async () => {
    const bump = ["--bump-revision", "1000", "--mark-compacted"];
    const restored = await EtcdCluster.start({ ...PLAIN, members: 1, prepare: restoreBy(etcdutl, saved, ...bump) });
    try {
      const { header, kvs } = await restored.client().range({ key: "history/3" });
      assert.equal(Number(header?.revision), filled.revision + 1000);
      assert.equal(kvs[0]?.value.toString(), "again");
      await assert.rejects(restored.client().range({ key: "large", revision: filled.revision }), /compacted/);
    } finally {
      await restored.dispose();
    }
  });

  it("hold one revision, whole, while writes go on", async () => {
    const writers = new Writers(source, 4);
    try {
      await writers.untilAcknowledged(200);
      for (let round = 0; round < 5; round++) {
        const path = join(directory, `busy-${round}.db`);
        await source.etcdctl(["snapshot", "save", path], { members: [round % 3] });
        const { status, stderr } = await offlineEtcdctl("snapshot", "status", path);
        assert.equal(status, 0, stderr);
        const file = await readFile(path);
        const { root } = openDatabase({
          sizeBytes: file.length - 32,
          read: (at, length) => file.subarray(at, at + length),
        });
        let last = 0;
        for (const { key } of root.bucket(bytesOf("key"))?.entries() ?? []) {
          const main = Number(Buffer.from(key).readBigUInt64BE(0));
          if (last > filled.revision) assert.ok(main === last || main === last + 1, `${main} behind ${last}`);
          last = main;
        }
        assert.ok(last > filled.revision);
      }
    } finally {
      await writers.stop();
    }
  });

  it("are refused when they are damaged or not whole, and leave nothing behind", async () => {
    const target = join(directory, "never");
    const refused = async (path: string, reason: RegExp, ...flags: string[]) => {
      const { status, stderr } = await etcdutl("snapshot", "restore", path, `--data-dir=${target}`, ...flags);
      assert.equal(status, 1);
      assert.match(stderr, reason);
      await assert.rejects(stat(target), /ENOENT/);
    };
    const damaged = join(directory, "damaged.db");
    await copyFile(saved, damaged);
    const file = await open(damaged, "r+");
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, 20_000);
    await file.write(Buffer.from([(buffer[0] as number) ^ 4]), 0, 1, 20_000);
    await file.close();
    await refused(damaged, /the snapshot is damaged: expected sha256 [0-9a-f]{64}, got [0-9a-f]{64}/);
    assert.match((await etcdutl("snapshot", "status", damaged)).stderr, /the snapshot is damaged/);

    const cut = join(directory, "cut.db");
    const { size } = await stat(saved);
    for (const length of [size - 1, size - 4096, size - 4096 - 32, 10]) {
      await copyFile(saved, cut);
      await truncate(cut, length);
      await refused(cut, /truncated|missing hash|damaged|not a bbolt database/);
      if (length < size - 32) assert.equal((await etcdutl("snapshot", "status", cut)).status, 1);
    }
    await refused(cut, /not a bbolt database/, "--skip-hash-check");
    await refused(join(directory, "none.db"), /ENOENT/);
    const existing = await etcdutl("snapshot", "restore", saved, `--data-dir=${directory}`);
    assert.match(existing.stderr, /data-dir ".*" not empty or could not be read/);
  });
});
