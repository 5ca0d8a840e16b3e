import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import type { Connection } from "@drydock/pki";
import { type ApiServer, startApiServer } from "../loopback/api-server.ts";
import { rest } from "../loopback/rest.ts";

const AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
const PROTOBUF = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

describe("documents of what is served", function () {
  this.timeout(60_000);
  let server: ApiServer;
  let admin: Connection;

  before(async () => {
    server = await startApiServer();
    admin = await server.connection("rest", "admin", ["system:masters"]);
  });
  after(() => server.stop());

  const get = async (path: string, headers: Record<string, string> = {}) => {
    const answer = await rest(admin, "GET", path, { headers });
    const { etag = "", vary, "cache-control": cacheControl } = answer.headers;
    return { ...answer, etag, vary, cacheControl };
  };

  for (const [path, accept, cacheControl, vary] of [
    ["/api", AGGREGATED, "public", "Accept"],
    ["/apis", AGGREGATED, "public", "Accept"],
    ["/openapi/v3", "*/*", "no-cache, private", undefined],
    ["/openapi/v3/apis/apps/v1", "application/json", "no-cache, private", "Accept"],
    ["/openapi/v2", "application/json", "no-cache, private", "Accept, Accept-Encoding"],
    ["/openapi/v2", PROTOBUF, "no-cache, private", "Accept, Accept-Encoding"],
  ] as const)
    it(`${path} as ${accept.slice(-40)} is not sent again to who has it`, async () => {
      const first = await get(path, { Accept: accept });
      assert.deepEqual([first.code, first.cacheControl, first.vary], [200, cacheControl, vary]);
      assert.match(first.etag, /^"[0-9A-F]{128}"$/);
      const again = await get(path, { Accept: accept, "If-None-Match": first.etag });
      assert.deepEqual([again.code, again.etag, again.bytes.length], [304, first.etag, 0]);
      assert.equal(again.headers["content-type"], undefined);
      assert.equal((await get(path, { Accept: accept, "If-None-Match": '"other"' })).code, 200);
    });

  it("the old forms of discovery have no ETag", async () => {
    for (const path of ["/api", "/apis", "/apis/apps", "/apis/apps/v1", "/api/v1"])
      assert.deepEqual([path, (await get(path)).etag], [path, ""]);
  });

  it("URLs that name a hash may be kept for ever, and lead on when it is an old one", async () => {
    const { json } = await get("/openapi/v3");
    const { serverRelativeURL: url = "" } =
      (json.paths as Record<string, { serverRelativeURL?: string }>)["apis/apps/v1"] ?? {};
    const named = await get(url);
    assert.deepEqual([named.code, named.cacheControl, named.vary], [200, "public, immutable", "Accept"]);
    assert.equal(`"${new URL(url, admin.server).searchParams.get("hash")}"`, named.etag);
    const days = (Date.parse(String(named.headers.expires)) - Date.now()) / 86_400_000;
    assert.ok(days > 364 && days < 367, `${days} days`);
    const old = await get("/openapi/v3/apis/apps/v1?hash=ABC");
    assert.deepEqual([old.code, old.headers.location], [301, url]);
  });

  it("OpenAPI v2 has one ETag in both forms, and is compressed for who takes that", async () => {
    const [json, protobuf, packed] = await Promise.all([
      get("/openapi/v2"),
      get("/openapi/v2", { Accept: PROTOBUF }),
      get("/openapi/v2", { "Accept-Encoding": "gzip" }),
    ]);
    assert.equal(json.etag, protobuf.etag);
    assert.deepEqual([packed.headers["content-encoding"], packed.etag], ["gzip", json.etag]);
    assert.ok(gunzipSync(packed.bytes).equals(json.bytes));
  });

  it("what nobody has is not acceptable", async () => {
    for (const path of ["/openapi/v2", "/openapi/v3/apis/apps/v1"])
      assert.equal((await get(path, { Accept: "text/html" })).code, 406);
  });

  it("are given in parts to whoever asks for parts", async () => {
    for (const path of ["/openapi/v2", "/openapi/v3/apis/apps/v1"]) {
      const whole = (await get(path)).bytes;
      const part = await get(path, { Range: "bytes=10-19", "Accept-Encoding": "gzip" });
      assert.deepEqual(
        [part.code, part.headers["content-range"], part.bytes.toString()],
        [206, `bytes 10-19/${whole.length}`, whole.subarray(10, 20).toString()],
      );
      const { code, bytes } = await get(path, { Range: "bytes=0-1,4-5" });
      assert.equal(code, 206);
      assert.equal(bytes.toString().match(/\r\nContent-Range: bytes \d-\d\/\d+\r\n/g)?.length, 2);
      const beyond = await get(path, { Range: `bytes=${whole.length}-` });
      assert.deepEqual([beyond.code, beyond.headers["content-range"]], [416, `bytes */${whole.length}`]);
      assert.equal((await get(path, { Range: "bytes=0-1", "If-Range": '"other"' })).code, 200);
      const since = { "If-Modified-Since": new Date(Date.now() + 60_000).toUTCString() };
      if (path !== "/openapi/v2") assert.equal((await get(path, since)).code, 304);
    }
  });
});
