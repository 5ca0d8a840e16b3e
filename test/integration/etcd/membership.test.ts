import assert from "node:assert/strict";
import { EtcdCluster, until } from "./etcd-cluster.ts";

describe("membership through etcdctl", function () {
  this.timeout(120_000);
  let cluster: EtcdCluster;

  before(async () => {
    cluster = await EtcdCluster.start();
    await cluster.etcdctl(["put", "before", "1"], { members: [0] });
  });
  after(() => cluster?.dispose());

  const list = async (members: readonly number[] = [0]) => {
    const text = await cluster.etcdctl(["member", "list"], { members });
    return text
      .trim()
      .split("\n")
      .map((line) => line.split(", "))
      .map(([id, status, name, peer, , isLearner]) => ({ id: id as string, status, name, peer, isLearner }));
  };
  const idOf = async (name: string) => {
    const member = (await list()).find((each) => each.name === name);
    assert.ok(member, `${name} is a member`);
    return member.id;
  };
  const refusal = async (args: readonly string[], members: readonly number[] = [0]) => {
    const { status, stderr } = await cluster.tryEtcdctl(args, { members });
    assert.notEqual(status, 0, "refused");
    return stderr;
  };

  it("adds a learner, which gets everything, serves its own reads only, and is promoted", async () => {
    const { index, peerUrl } = await cluster.planMember();
    const added = await cluster.etcdctl(["member", "add", "etcd-4", "--learner", `--peer-urls=${peerUrl}`], {
      members: [1],
    });
    assert.match(added, /Member +[0-9a-f]+ added to cluster/);
    assert.match(added, /ETCD_INITIAL_CLUSTER_STATE="existing"/);
    const pending = (await list()).find(({ peer }) => peer === peerUrl);
    assert.deepEqual([pending?.status, pending?.isLearner], ["unstarted", "true"]);
    assert.match(await refusal(["member", "add", "x", `--peer-urls=${peerUrl}`]), /Peer URLs already exists/);
    assert.match(
      await refusal(["member", "promote", pending?.id as string]),
      /can only promote a learner member which is in sync with leader/,
    );

    cluster.startMember(index);
    await until("the learner to have the data", async () => {
      const { status, stdout } = await cluster.tryEtcdctl(["get", "before", "--consistency=s"], { members: [index] });
      return status === 0 && stdout === "before\n1\n" ? true : undefined;
    });
    assert.match(await refusal(["put", "x", "y"], [index]), /rpc not supported for learner/);
    assert.match(await refusal(["get", "x"], [index]), /rpc not supported for learner/);

    const id = await idOf("etcd-4");
    await until("the promotion", async () =>
      (await cluster.tryEtcdctl(["member", "promote", id], { members: [2] })).status === 0 ? true : undefined,
    );
    assert.equal(await cluster.etcdctl(["put", "x", "y"], { members: [index] }), "OK\n");
    assert.match(await refusal(["member", "promote", id]), /can only promote a learner member/);
    assert.equal((await list([index])).length, 4);
  });

  it("removes a member, which ends and cannot come back, and replaces it", async () => {
    const leader = await cluster.leaderIndex();
    const victim = [0, 1, 2, 3].find((index) => index !== leader && index !== 0) as number;
    const { name } = cluster.members[victim] as { name: string };
    const id = await idOf(name);
    assert.match(await cluster.etcdctl(["member", "remove", id], { members: [0] }), /removed from cluster/);
    await until("the removed member to end", async () => (cluster.isRunning(victim) ? undefined : true));
    assert.match(await cluster.log(victim), /permanently removed from the cluster/);
    cluster.startMember(victim);
    await until("it to end again", async () => (cluster.isRunning(victim) ? undefined : true));
    assert.equal((await list()).length, 3);
    assert.match(await refusal(["member", "remove", id]), /member not found/i);

    const { index, peerUrl } = await cluster.planMember();
    const newcomer = `etcd-${index + 1}`;
    await cluster.etcdctl(["member", "add", newcomer, `--peer-urls=${peerUrl}`], { members: [0] });
    cluster.startMember(
      index,
      [0, 1, 2, 3, index].filter((each) => each !== victim),
    );
    await until("it to be started", async () =>
      (await list()).some(({ name: known, status }) => known === newcomer && status === "started") ? true : undefined,
    );
    assert.equal(await cluster.etcdctl(["get", "before", "--print-value-only"], { members: [index] }), "1\n");
  });

  it("removes its leader, and the rest goes on", async () => {
    const leader = await cluster.leaderIndex();
    const rest = cluster.members.flatMap((_, index) => (cluster.isRunning(index) && index !== leader ? [index] : []));
    const text = await cluster.etcdctl(["member", "list"], { members: rest });
    const url = cluster.members[leader]?.peerUrl as string;
    const id = text
      .split("\n")
      .find((line) => line.includes(url))
      ?.split(",")[0] as string;
    await cluster.etcdctl(["member", "remove", id], { members: rest });
    await until("writes to go on", async () =>
      (await cluster.tryEtcdctl(["put", "after", "2"], { members: rest })).status === 0 ? true : undefined,
    );
    await until("the removed leader to end", async () => (cluster.isRunning(leader) ? undefined : true));
    assert.equal(await cluster.etcdctl(["get", "after", "--print-value-only"], { members: rest }), "2\n");
  });

  it("keeps the membership over a restart of all", async () => {
    const running = cluster.members.flatMap((_, index) => (cluster.isRunning(index) ? [index] : []));
    const before = await list([running[0] as number]);
    await Promise.all(running.map((index) => cluster.stopMember(index, "SIGKILL")));
    for (const index of running) cluster.startMember(index);
    await cluster.waitUntilReady();
    assert.deepEqual(await list([running[1] as number]), before);
    for (const index of running)
      assert.equal(await cluster.etcdctl(["get", "after", "--print-value-only"], { members: [index] }), "2\n");
  });

  it("updates peer URLs", async () => {
    const [first] = cluster.members.flatMap((_, index) => (cluster.isRunning(index) ? [index] : []));
    const own = cluster.members[first as number]?.peerUrl as string;
    const before = (await list([first as number])).find(({ peer }) => peer === own);
    const both = `${own},${own.replace("127.0.0.1", "localhost")}`;
    await cluster.etcdctl(["member", "update", before?.id as string, `--peer-urls=${both}`], {
      members: [first as number],
    });
    const after = await cluster.etcdctl(["member", "list", "-w", "json"], { members: [first as number] });
    assert.ok(after.includes("localhost"));
    assert.match(
      await refusal(["member", "update", "1234", `--peer-urls=http://127.0.0.1:1`], [first as number]),
      /not found/,
    );
  });
});
