import assert from "node:assert/strict";
import { type ApiServer, startApiServer } from "../loopback/api-server.ts";
import { eventually } from "../loopback/eventually.ts";
import { type RestPeer, rest } from "../loopback/rest.ts";

const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";

describe("health and metrics", function () {
  this.timeout(60_000);
  let server: ApiServer;
  let admin: RestPeer;

  before(async () => {
    server = await startApiServer();
    admin = await server.connection("rest", "kubernetes-admin", ["system:masters"]);
  });

  after(async () => server?.stop());

  const text = async (path: string) => {
    const { code, bytes } = await rest(admin, "GET", path, { headers: { accept: "*/*" } });
    return [code, bytes.toString()] as const;
  };

  it("answers as upstream's healthz package", async () => {
    await eventually("the server is ready", async () => (await text("/readyz"))[0] === 200);
    assert.deepEqual(await text("/readyz"), [200, "ok"]);
    const [, verbose] = await text("/readyz?verbose");
    assert.match(verbose, /^\[\+\]ping ok\n\[\+\]log ok\n\[\+\]etcd ok\n(\[\+\]\S+ ok\n)+readyz check passed\n$/);
    const [, excluding] = await text("/readyz?verbose&exclude=etcd&exclude=nothing");
    assert.match(excluding, /\[\+\]etcd excluded: ok\n/);
    assert.match(excluding, /warn: some health checks cannot be excluded: no matches for "nothing"\n/);
    assert.deepEqual(await text("/readyz/poststarthook/rbac/bootstrap-roles"), [200, "ok"]);
    assert.equal((await text("/livez?verbose"))[1].match(/^\[\+\]poststarthook\/\S+ ok$/gm)?.length, 29);
    assert.deepEqual(await text("/livez/ping"), [200, "ok"]);
    assert.equal((await text("/livez/nothing"))[0], 404);
  });

  it("shows flags, status and the results of health checks", async () => {
    await text("/livez");
    const [, slis] = await text("/metrics/slis");
    assert.match(slis, /^kubernetes_healthcheck\{name="etcd",type="livez"\} 1$/m);
    assert.match(slis, /^kubernetes_healthchecks_total\{name="etcd",status="success",type="livez"\} [1-9]/m);
    const [, flagz] = await text("/flagz");
    assert.match(flagz, /^\napiserver flagz\nWarning: .+\n(?:\S+\n)*advertise-address:127\.0\.0\.1\n/);
    assert.match(flagz, /\nrequest-timeout:1m0s\n/);
    assert.match((await text("/statusz"))[1], /\nUp: 0 hr \d\d min \d\d sec\n.+\nBinary version: 1\.36\.0\n/);
    const accept = "application/json;v=v1beta1;g=config.k8s.io;as=Statusz";
    const { code, json } = await rest(admin, "GET", "/statusz", { headers: { accept } });
    assert.deepEqual([code, json.kind, json["apiVersion"]], [200, "Statusz", "config.k8s.io/v1beta1"]);
    assert.equal((await rest(admin, "GET", "/flagz", { headers: { accept: "application/json" } })).code, 406);
  });

  it("measures requests, watches and caches under upstream's names", async () => {
    await rest(admin, "POST", `${CONFIG_MAPS}?dryRun=All`, { body: { metadata: { name: "counted" } } });
    const applied = { body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "applied" } } };
    const contentType = "application/apply-patch+yaml";
    await rest(admin, "PATCH", `${CONFIG_MAPS}/applied?fieldManager=test`, { ...applied, contentType });
    await rest(admin, "GET", `${CONFIG_MAPS}?watch=1&timeoutSeconds=1`);
    const [, metrics] = await text("/metrics");
    const line = (name: string, ...labels: string[]) => {
      const found = metrics
        .split("\n")
        .find((each) => each.startsWith(`${name}{`) && labels.every((label) => each.includes(label)));
      assert.ok(found, `${name} ${labels}`);
      return Number(found.split(" ").at(-1));
    };
    const configMaps = ['resource="configmaps"', 'version="v1"', 'group=""'];
    const counted = ['verb="POST"', 'code="201"', 'scope="resource"', 'dry_run="All"', 'component="apiserver"'];
    assert.equal(line("apiserver_request_total", ...configMaps, ...counted), 1);
    assert.equal(line("apiserver_request_total", ...configMaps, 'verb="APPLY"', 'code="201"'), 1);
    assert.equal(line("apiserver_request_total", ...configMaps, 'verb="WATCH"', 'scope="namespace"'), 1);
    assert.equal(line("apiserver_longrunning_requests", ...configMaps, 'verb="WATCH"'), 0);
    assert.ok(line("apiserver_request_duration_seconds_count", ...configMaps, 'verb="POST"') >= 1);
    assert.equal(line("apiserver_current_inflight_requests", 'request_kind="mutating"'), 0);
    assert.ok(line("apiserver_watch_events_total", ...configMaps) >= 1);
    assert.ok(line("apiserver_storage_objects", 'resource="configmaps"') >= 1);
    assert.ok(line("apiserver_storage_objects", 'resource="clusterroles.rbac.authorization.k8s.io"') > 10);
    assert.ok(line("apiserver_watch_cache_events_received_total", 'resource="configmaps"') >= 1);
    assert.ok(line("apiserver_watch_cache_resource_version", 'resource="configmaps"') > 1);
  });
});
