import assert from "node:assert/strict";
import { EtcdCluster } from "./etcd-cluster.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");

describe("plain HTTP on the clients' port", function () {
  this.timeout(60_000);
  let cluster: EtcdCluster;
  before(async () => {
    cluster = await EtcdCluster.start({ isSecure: false });
  });
  after(() => cluster.dispose());

  const url = (path: string, index = 0) => `${cluster.endpoints[index]}${path}`;
  const get = async (path: string) => {
    const response = await fetch(url(path));
    return { status: response.status, body: await response.text() };
  };
  const post = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const response = await fetch(url(`/v3${path}`), { method: "POST", body: text, headers });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  it("tells how the member is", async () => {
    assert.deepEqual(await get("/health"), { status: 200, body: '{"health":"true","reason":""}' });
    assert.equal((await get("/health?serializable=true&exclude=NOSPACE")).status, 200);
    assert.equal((await fetch(url("/health"), { method: "POST" })).status, 405);
    assert.deepEqual(await get("/livez"), { status: 200, body: "ok\n" });
    const { body } = await get("/readyz?verbose");
    for (const check of ["data_corruption", "serializable_read", "linearizable_read"])
      assert.ok(body.includes(`[+]${check} ok\n`), body);
    assert.equal((await get("/readyz/linearizable_read")).status, 200);
    assert.equal((await get("/readyz/nothing")).status, 404);
    assert.match((await get("/version")).body, /^\{"etcdserver":"3\.6\.\d+","etcdcluster":"3\.6\.0"/);
    assert.equal((await get("/nothing")).status, 404);
  });

  it("raises an alarm to be seen, unless it is excluded", async () => {
    const alarm = { action: "ACTIVATE", alarm: "NOSPACE", memberID: "1" };
    assert.equal((await post("/maintenance/alarm", alarm)).status, 200);
    assert.deepEqual(await get("/health"), { status: 503, body: '{"health":"false","reason":"ALARM NOSPACE"}\n' });
    assert.equal((await get("/health?exclude=NOSPACE")).status, 200);
    assert.equal((await post("/maintenance/alarm", { ...alarm, action: "DEACTIVATE" })).status, 200);
    assert.equal((await get("/health")).status, 200);
  });

  it("counts by etcd's names", async () => {
    const { body } = await get("/metrics");
    for (const name of [
      "etcd_server_has_leader",
      "etcd_server_leader_changes_seen_total",
      "etcd_server_proposals_applied_total",
      "etcd_mvcc_db_total_size_in_bytes",
      "etcd_disk_wal_fsync_duration_seconds_count",
      "etcd_disk_backend_commit_duration_seconds_bucket",
      "etcd_network_active_peers",
      "etcd_network_peer_round_trip_time_seconds_bucket",
      "etcd_network_snapshot_send_success",
      "etcd_disk_backend_defrag_duration_seconds_count",
      "etcd_server_feature_enabled",
      "etcd_server_slow_read_indexes_total",
      "etcd_debugging_lease_granted_total",
      "process_resident_memory_bytes",
    ])
      assert.match(body, new RegExp(`^${name}[{ ]`, "m"), name);
    const handled = /^grpc_server_handled_total\{.*grpc_method="Range",grpc_code="OK".*\} [1-9]/m;
    assert.match(body, handled);
    const written = [
      'grpc_server_msg_received_total.*grpc_method="Range".*',
      "etcd_network_client_grpc_sent_bytes_total",
      "etcd_network_peer_sent_bytes_total.*",
      "etcd_network_peer_received_bytes_total.*",
      "etcd_disk_wal_write_bytes_total",
    ];
    for (const name of written) assert.match(body, new RegExp(`^${name} [1-9]`, "m"), name);
    const metrics = await fetch(`${cluster.members[0]?.metricsUrl}/metrics`);
    assert.match(await metrics.text(), /^etcd_server_has_leader/m);
  });

  it("serves keys, transactions and leases as JSON", async () => {
    const key = base64("json/a");
    const put = await post("/kv/put", { key, value: base64("1") });
    assert.equal(put.status, 200);
    const range = await post("/kv/range", { key: base64("json/"), rangeEnd: base64("json0") });
    const { kvs, count } = range.body as { kvs: Record<string, string>[]; count: string };
    assert.deepEqual([kvs[0]?.["key"], kvs[0]?.["value"], kvs[0]?.["version"], count], [key, base64("1"), "1", "1"]);
    const txn = await post("/kv/txn", {
      compare: [{ target: "VALUE", key, value: base64("1"), result: "EQUAL" }],
      success: [{ request_put: { key, value: base64("2") } }, { requestRange: { key } }],
    });
    const { succeeded, responses } = txn.body as { succeeded: boolean; responses: Record<string, object>[] };
    assert.equal(succeeded, true);
    assert.deepEqual(
      responses.map((each) => Object.keys(each)[0]),
      ["response_put", "response_range"],
    );
    const ID = "7587862094775123123";
    assert.equal((await post("/lease/grant", `{"TTL":60,"ID":${ID}}`)).body["ID"], ID);
    assert.equal((await post("/lease/timetolive", { ID })).body["grantedTTL"], "60");
    assert.equal((await post("/lease/revoke", { ID })).status, 200);
    assert.equal((await post("/kv/deleterange", { key })).body["deleted"], "1");
    const members = (await post("/cluster/member/list", {})).body["members"];
    assert.equal((members as unknown[]).length, 3);
  });

  it("answers what is wrong with code, text and status", async () => {
    const table: readonly [path: string, body: unknown, status: number, code: number, message: RegExp][] = [
      ["/kv/range", {}, 400, 3, /^etcdserver: key is not provided$/],
      ["/kv/range", '{"key":', 400, 3, /./],
      ["/kv/range", { key: "!" }, 400, 3, /./],
      ["/kv/range", { key: "YQ==", revision: "1000000" }, 400, 11, /future revision$/],
      ["/lease/revoke", { ID: "1" }, 404, 5, /^etcdserver: requested lease not found$/],
      ["/auth/authenticate", { name: "a", password: "b" }, 400, 9, /authentication is not enabled$/],
      ["/nothing", {}, 404, 5, /^Not Found$/],
    ];
    for (const [path, body, status, code, message] of table) {
      const answer = await post(path, body);
      assert.equal(answer.status, status, path);
      assert.equal(answer.body["code"], code, path);
      assert.match(String(answer.body["message"]), message);
    }
    assert.equal((await fetch(url("/v3/kv/range"))).status, 501);
  });

  it("streams a watch, one line for each answer, until the client leaves", async () => {
    const aborting = new AbortController();
    const body = JSON.stringify({ create_request: { key: base64("watched") } });
    const response = await fetch(url("/v3/watch"), { method: "POST", body, signal: aborting.signal });
    const lines: string[] = [];
    const read = (async () => {
      let text = "";
      for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
        text += Buffer.from(chunk).toString();
        lines.splice(0, lines.length, ...text.split("\n").slice(0, -1));
        if (lines.length === 1) await post("/kv/put", { key: base64("watched"), value: base64("now") });
        if (lines.length === 2) break;
      }
    })();
    await read;
    aborting.abort();
    const [created, event] = lines.map((line) => JSON.parse(line).result);
    assert.equal(created.created, true);
    assert.equal(event.events[0].kv.value, base64("now"));
  });

  it("locks and elects", async () => {
    const { body } = await post("/lock/lock", { name: base64("gate") });
    assert.match(Buffer.from(String(body["key"]), "base64").toString(), /^gate\/[0-9a-f]+$/);
    assert.equal((await post("/lock/unlock", { key: body["key"] })).status, 200);
    const campaign = await post("/election/campaign", { name: base64("chair"), value: base64("me") });
    const leader = await post("/election/leader", { name: base64("chair") });
    assert.equal((leader.body["kv"] as { value: string }).value, base64("me"));
    assert.equal((await post("/election/resign", { leader: campaign.body["leader"] })).status, 200);
  });

  it("knows users by the tokens in their headers", async () => {
    await post("/auth/user/add", { name: "root", password: "secret" });
    await post("/auth/user/grant", { user: "root", role: "root" });
    assert.equal((await post("/auth/enable", {})).status, 200);
    const put = { key: base64("a"), value: base64("1") };
    const anonymous = await post("/kv/put", put);
    assert.deepEqual([anonymous.status, anonymous.body["message"]], [400, "etcdserver: user name is empty"]);
    assert.equal((await post("/kv/put", put, { Authorization: "nonsense" })).status, 401);
    const { token } = (await post("/auth/authenticate", { name: "root", password: "secret" })).body;
    assert.equal((await post("/kv/put", put, { Authorization: String(token) })).status, 200);
    assert.equal((await get("/health")).status, 200);
    assert.equal((await post("/auth/disable", {}, { Authorization: String(token) })).status, 200);
  });
});
