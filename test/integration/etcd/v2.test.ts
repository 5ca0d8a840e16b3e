import assert from "node:assert/strict";
import { EtcdCluster, type Implementation, until } from "./etcd-cluster.ts";

const implementation = (process.env["DRYDOCK_TEST_ETCD"] ?? "drydock") as Implementation;

describe("the second API", function () {
  this.timeout(60_000);
  let cluster: EtcdCluster;
  /** Of one member: what it has answered it also shows; reads of others may be a little behind. */
  const ctl = (...args: string[]) => cluster.etcdctl(args, { api: "2", members: [0] });
  const fails = async (status: number, pattern: RegExp, ...args: string[]) => {
    const answer = await cluster.tryEtcdctl(args, { api: "2", members: [0] });
    assert.equal(answer.status, status, args.join(" "));
    assert.match(answer.stderr, pattern);
  };
  const request = (method: string, path: string, form?: Record<string, string>, index = 0) =>
    fetch(`${cluster.endpoints[index]}/v2/keys${path}`, {
      method,
      ...(form ? { body: new URLSearchParams(form) } : {}),
    });

  before(async () => {
    const extraFlags = implementation === "etcd" ? ["--enable-v2"] : [];
    cluster = await EtcdCluster.start({ implementation, isSecure: false, extraFlags });
  });
  after(() => cluster.dispose());

  it("sets, gets, lists and removes", async () => {
    assert.equal(await ctl("set", "key1", "value1"), "value1\n");
    assert.equal(await ctl("get", "key1"), "value1\n");
    assert.equal(await ctl("set", "/dir/a", "1"), "1\n");
    assert.equal(await ctl("ls", "--sort", "-p"), "/dir/\n/key1\n");
    assert.equal(await ctl("ls", "--recursive", "--sort", "/dir"), "/dir/a\n");
    assert.equal(await ctl("update", "key1", "value2"), "value2\n");
    assert.match(await ctl("rm", "key1"), /PrevNode.Value: value2/);
    await fails(4, /100: Key not found \(\/key1\)/, "get", "key1");
    await fails(4, /100: Key not found/, "update", "key1", "x");
  });

  it("makes keys and directories that were not there", async () => {
    assert.equal(await ctl("mk", "once", "1"), "1\n");
    await fails(4, /105: Key already exists \(\/once\)/, "mk", "once", "2");
    assert.equal(await ctl("mk", "--in-order", "queue", "first"), "first\n");
    assert.equal(await ctl("mk", "--in-order", "queue", "second"), "second\n");
    const names = (await ctl("ls", "--sort", "queue")).trim().split("\n");
    assert.ok(names.length === 2 && names.every((name) => /^\/queue\/\d{20}$/.test(name)), names.join());
    await ctl("mkdir", "md");
    await fails(4, /105: Key already exists/, "mkdir", "md");
    await fails(4, /102: Not a file/, "setdir", "md");
    await ctl("updatedir", "md", "--ttl", "600");
    await fails(4, /108: Directory not empty/, "rmdir", "queue");
    await ctl("rmdir", "md");
    await ctl("rm", "--recursive", "queue");
  });

  it("swaps and deletes only what it was told to expect", async () => {
    await ctl("set", "cas", "1");
    await fails(4, /101: Compare failed \(\[x != 1\]\)/, "set", "cas", "2", "--swap-with-value", "x");
    assert.equal(await ctl("set", "cas", "2", "--swap-with-value", "1"), "2\n");
    await fails(4, /101: Compare failed/, "rm", "--with-value", "x", "cas");
    await ctl("rm", "--with-value", "2", "cas");
  });

  it("watches, runs commands for changes, and remembers what was missed", async () => {
    const watch = cluster.spawnEtcdctl(["watch", "--recursive", "--forever", "watched"], { api: "2" });
    await until("the watch to stand", async () => {
      await ctl("set", "watched/a", "1");
      return watch.output().startsWith("[set] /watched/a\n1\n") ? true : undefined;
    }).finally(watch.stop);
    const exec = cluster.spawnEtcdctl(
      ["exec-watch", "--", "sh", "-c", "echo $ETCD_WATCH_ACTION=$ETCD_WATCH_VALUE", "run"],
      {
        api: "2",
      },
    );
    await until("the command to run", async () => {
      await ctl("set", "run", "2");
      return exec.output().includes("set=2") ? true : undefined;
    }).finally(exec.stop);
    const past = await request("PUT", "/past", { value: "1" });
    const index = past.headers.get("x-etcd-index");
    const event = (await (await request("GET", `/past?wait=true&waitIndex=${index}`)).json()) as { action: string };
    assert.equal(event.action, "set");
    const outdated = await request("GET", "/past?wait=true&waitIndex=0&recursive=x");
    assert.equal(outdated.status, 400);
  });

  it("lets keys expire, on every member alike", async () => {
    const set = (await (await request("PUT", "/short", { value: "1", ttl: "1" })).json()) as {
      node: { modifiedIndex: number };
    };
    // Also if it has expired meanwhile.
    const waiting = await request("GET", `/short?wait=true&waitIndex=${set.node.modifiedIndex + 1}`);
    const event = (await waiting.json()) as { action: string; prevNode: { value: string } };
    assert.deepEqual([event.action, event.prevNode.value], ["expire", "1"]);
    for (const index of cluster.members.keys())
      await until("the key to be gone", async () =>
        (await request("GET", "/short", undefined, index)).status === 404 ? true : undefined,
      );
  });

  it("speaks JSON as it always has", async () => {
    const created = await request("PUT", "/json", { value: "1", noValueOnSuccess: "false" });
    assert.equal(created.status, 201);
    for (const header of ["x-etcd-index", "x-raft-index", "x-raft-term", "x-etcd-cluster-id"])
      assert.ok(created.headers.get(header), header);
    const { node } = (await created.json()) as { node: Record<string, unknown> };
    const { modifiedIndex } = node;
    assert.deepEqual(node, { key: "/json", value: "1", modifiedIndex, createdIndex: modifiedIndex });
    const missing = await request("GET", "/missing");
    assert.equal(missing.status, 404);
    const error = (await missing.json()) as Record<string, unknown>;
    assert.deepEqual([error["errorCode"], error["message"], error["cause"]], [100, "Key not found", "/missing"]);
    assert.equal((await request("PATCH", "/json")).status, 405);
  });

  it("keeps everything over a restart", async () => {
    await ctl("set", "kept", "1");
    await cluster.stopMember(1, "SIGKILL");
    cluster.startMember(1);
    await cluster.waitUntilReady();
    await until("the key", async () => {
      const answer = await request("GET", "/kept?quorum=true", undefined, 1).catch(() => undefined);
      return answer?.status === 200 ? true : undefined;
    });
  });

  it("tells of members and of their health", async () => {
    assert.match(await ctl("cluster-health"), /cluster is healthy\n$/);
    const lines = (await ctl("member", "list")).trim().split("\n");
    assert.equal(lines.length, 3);
    assert.equal(lines.filter((line) => line.endsWith("isLeader=true")).length, 1);
    const missing = await cluster.tryEtcdctl(["member", "remove", "1234"], { api: "2" });
    assert.match(missing.stdout + missing.stderr, /Couldn't find a member in the cluster with an ID of 1234/);
    const added = await fetch(`${cluster.endpoints[0]}/v2/members`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ peerURLs: [cluster.members[1]?.peerUrl] }),
    });
    assert.equal(added.status, 409, "that address has a member");
    const machines = await (await fetch(`${cluster.endpoints[0]}/v2/machines`)).text();
    assert.equal(machines.split(", ").length, 3);
    for (const page of ["self", "store"])
      assert.equal((await fetch(`${cluster.endpoints[0]}/v2/stats/${page}`)).status, 200);
  });
});
