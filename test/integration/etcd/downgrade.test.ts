import assert from "node:assert/strict";
import { EtcdCluster, until } from "./etcd-cluster.ts";

type Json = Readonly<Record<string, unknown>>;

describe("a downgrade of the cluster", function () {
  this.timeout(90_000);
  let cluster: EtcdCluster;
  before(async () => {
    cluster = await EtcdCluster.start({ isSecure: false });
  });
  after(() => cluster?.dispose());

  const ask = async (index: number, body: Json): Promise<{ status: number; answer: Json }> => {
    const response = await fetch(`${cluster.members[index]?.clientUrl}/v3/maintenance/downgrade`, {
      method: "POST",
      body: JSON.stringify(body),
    });
    return { status: response.status, answer: (await response.json()) as Json };
  };
  const versionsOf = async (index: number): Promise<Json> =>
    (await fetch(`${cluster.members[index]?.clientUrl}/version`)).json() as Promise<Json>;
  const peerPage = (index: number, path: string, init?: RequestInit) =>
    fetch(`${cluster.members[index]?.peerUrl}${path}`, init);
  const untilAllAre = (version: string) =>
    until(`all to be at ${version}`, async () => {
      const all = await Promise.all([0, 1, 2].map(versionsOf));
      return all.every(({ etcdcluster, storage }) => etcdcluster === version && storage === version) || undefined;
    });

  it("is known to all members, and to one that comes back", async () => {
    const follower = ((await cluster.leaderIndex()) + 1) % 3;
    const refusals: readonly (readonly [version: string, message: string])[] = [
      ["3.x", "etcdserver: wrong downgrade target version format"],
      ["3.4", "etcdserver: invalid downgrade target version"],
    ];
    for (const [version, message] of refusals)
      for (const action of ["VALIDATE", "ENABLE"]) {
        const { status, answer } = await ask(0, { action, version });
        assert.deepEqual([status, answer["message"]], [400, message]);
      }
    assert.equal(await (await peerPage(0, "/downgrade/enabled")).text(), "false");
    const enabled = await ask(follower, { action: "ENABLE", version: "3.5" });
    assert.equal(enabled.answer["version"], "3.6");
    for (const index of [0, 1, 2]) assert.equal(await (await peerPage(index, "/downgrade/enabled")).text(), "true");
    await untilAllAre("3.5.0");
    const again = await ask(0, { action: "ENABLE", version: "3.4.0" });
    assert.deepEqual(
      [again.status, again.answer["message"]],
      [400, "etcdserver: cluster has a downgrade job in progress"],
    );
    await cluster.stopMember(follower, "SIGKILL");
    cluster.startMember(follower);
    await cluster.waitUntilReady();
    assert.deepEqual(await versionsOf(follower), { etcdserver: "3.6.0", etcdcluster: "3.5.0", storage: "3.5.0" });
    for (const { downgradeInfo, storageVersion } of await cluster.statuses()) {
      assert.deepEqual(downgradeInfo, { enabled: true, targetVersion: "3.5.0" });
      assert.equal(storageVersion, "3.5.0");
    }
  });

  it("is given up, as often as somebody says so", async () => {
    assert.equal((await ask(1, { action: "CANCEL" })).answer["version"], "3.5");
    assert.equal((await ask(2, { action: "CANCEL" })).status, 200);
    assert.equal(await (await peerPage(2, "/downgrade/enabled")).text(), "false");
    await untilAllAre("3.6.0");
  });

  it("leaves the peers' pages as etcd has them", async () => {
    const page = await peerPage(0, "/members");
    const members = (await page.json()) as Json[];
    assert.deepEqual(
      members.map(({ name }) => name).sort(),
      cluster.members.map(({ name }) => name),
    );
    assert.match(page.headers.get("X-Etcd-Cluster-Id") ?? "", /^[0-9a-f]{1,16}$/);
    assert.equal((await peerPage(0, "/members", { method: "POST" })).status, 405);
    assert.equal((await peerPage(0, "/members/x")).status, 404);
  });

  it("shows in the variables for debugging, with what raft is doing", async () => {
    const leader = await cluster.leaderIndex();
    const variablesOf = async (index: number) => {
      const response = await fetch(`${cluster.members[index]?.clientUrl}/debug/vars`);
      assert.equal(response.headers.get("Content-Type"), "application/json; charset=utf-8");
      return (await response.json()) as { cmdline: string[]; memstats: Json; "raft.status": Json };
    };
    const [own, other] = [await variablesOf(leader), await variablesOf((leader + 1) % 3)];
    assert.ok(own.cmdline.some((part) => part.startsWith("--name=")));
    assert.ok(Number(own.memstats["HeapAlloc"]) > 0);
    const { raftState, id, lead, progress } = own["raft.status"];
    assert.deepEqual([raftState, lead], ["StateLeader", id]);
    assert.equal(Object.keys(progress as Json).length, 3);
    assert.deepEqual(
      [other["raft.status"]["raftState"], other["raft.status"]["lead"], other["raft.status"]["progress"]],
      ["StateFollower", id, {}],
    );
  });
});
