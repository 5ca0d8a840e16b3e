import assert from "node:assert/strict";
import { EtcdCluster } from "./etcd-cluster.ts";

/** What deployments of etcd say that a lab does not. */
const FLAGS = [
  "--watch-progress-notify-interval=200ms",
  "--feature-gates=InitialCorruptCheck=true",
  "--cors=https://here.example",
  "--metrics=extensive",
  "--warning-apply-duration=1ns",
  "--warning-unary-request-duration=1ns",
];

describe("a member with flags of other deployments", function () {
  this.timeout(60_000);
  let cluster: EtcdCluster;
  before(async () => {
    cluster = await EtcdCluster.start({ members: 1, isSecure: false, extraFlags: FLAGS });
  });
  after(() => cluster.dispose());

  it("tells silent watches how far they have got, as often as it was asked to", async () => {
    const client = cluster.client();
    const { header } = await client.put({ key: "other", value: "1" });
    const watch = client.watch({ key: "watched", progressNotify: true });
    const startedMs = Date.now();
    let count = 0;
    for await (const { isProgress, revision: told } of watch) {
      assert.ok(isProgress && told >= Number(header?.revision));
      if (++count === 3) break;
    }
    watch.cancel();
    assert.ok(Date.now() - startedMs < 10_000);
  });

  it("lets pages of the origins it was given ask, and no others", async () => {
    const allowed = async (origin: string) => {
      const response = await fetch(`${cluster.endpoints[0]}/version`, { headers: { origin } });
      assert.equal(response.status, 200);
      return response.headers.get("access-control-allow-origin");
    };
    assert.equal(await allowed("https://here.example"), "https://here.example");
    assert.equal(await allowed("https://there.example"), null);
  });

  it("tells what took its time, and how long all took", async () => {
    await cluster.client().put({ key: "slow", value: "1" });
    const log = await cluster.log(0);
    assert.match(log, /"expected-duration":"0\.000001ms","entries":\d+,"msg":"apply request took too long"/);
    assert.match(log, /"response type":"\/etcdserverpb\.KV\/Put","msg":"request stats"/);
    const metrics = await (await fetch(`${cluster.members[0]?.metricsUrl}/metrics`)).text();
    for (const type of ["unary", "bidi_stream"])
      assert.match(
        metrics,
        new RegExp(`^grpc_server_handling_seconds_bucket\\{.*grpc_type="${type}".*le="0.005"`, "m"),
      );
    assert.match(metrics, /^etcd_server_apply_duration_seconds_count\{.*op="Put",success="true"\} [1-9]/m);
    assert.match(metrics, /^etcd_server_slow_apply_total [1-9]/m);
  });

  it("refuses gates that it does not know", async () => {
    const strange = EtcdCluster.start({ members: 1, isSecure: false, extraFlags: ["--feature-gates=Nothing=true"] });
    await assert.rejects(strange, /unrecognized feature gate: Nothing/);
  });
});
