import assert from "node:assert/strict";
import { EtcdCluster, until } from "./etcd-cluster.ts";

/** What etcdctl has to judge a cluster by, and to copy it: its checks write for a minute, so they run side by side. */
describe("etcdctl's checks and its mirror", function () {
  this.timeout(240_000);
  let source: EtcdCluster;
  let target: EtcdCluster;

  before(async () => {
    [source, target] = await Promise.all([
      EtcdCluster.start({ isSecure: false }),
      EtcdCluster.start({ isSecure: false, members: 1 }),
    ]);
  });
  after(async () => {
    await Promise.all([source?.dispose(), target?.dispose()]);
  });

  it("finds the throughput of a small load, and the memory that a small set of data costs", async () => {
    // They judge speed and latency too, which depend on what else the machine does; 150 a second are offered.
    const [perf, scale] = await Promise.all([
      source.tryEtcdctl(["check", "perf", "--load=s"], { timeoutMs: 120_000 }),
      target.tryEtcdctl(["check", "datascale", "--load=s"], { timeoutMs: 120_000 }),
    ]);
    const throughput = Number(/Throughput (?:is|too low:) (\d+) writes\/s/.exec(perf.stdout)?.[1]);
    assert.ok(throughput > 75 && throughput < 160, perf.stdout + perf.stderr);
    assert.match(scale.stdout, /PASS: Approximate system memory used : /, scale.stdout + scale.stderr);
    assert.equal(await source.etcdctl(["get", "/etcdctl-check-perf/", "--prefix", "--keys-only"]), "");
    assert.equal(await target.etcdctl(["get", "/etcdctl-check-datascale/", "--prefix", "--keys-only"]), "");
  });

  it("copies what is there to another cluster, under another prefix, and what comes later", async () => {
    for (let key = 0; key < 30; key++) await source.etcdctl(["put", `app/${key}`, `value ${key}`]);
    const mirror = source.spawnEtcdctl([
      "make-mirror",
      "--prefix=app/",
      "--dest-prefix=copy/",
      new URL(target.endpoints[0] as string).host,
    ]);
    try {
      const copied = (key: string, value: string) =>
        until(`the copy of ${key}`, async () =>
          (await target.etcdctl(["get", key, "--print-value-only"])) === value ? true : undefined,
        );
      await copied("copy/29", "value 29\n");
      await source.etcdctl(["put", "app/later", "came later"]);
      await copied("copy/later", "came later\n");
      await source.etcdctl(["del", "app/0"]);
      await copied("copy/0", "");
      assert.equal((await target.etcdctl(["get", "", "--prefix", "--keys-only"])).match(/^copy\//gm)?.length, 30);
    } finally {
      await mirror.stop();
    }
  });
});
