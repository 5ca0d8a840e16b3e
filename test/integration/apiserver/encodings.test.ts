import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { gunzipSync } from "node:zlib";
import { decodeProtobuf, encodeProtobuf, wrapProtobuf } from "@drydock/kube-api";
import { parse } from "yaml";
import { type ApiServer, startApiServer } from "../loopback/api-server.ts";
import { type RestPeer, rest } from "../loopback/rest.ts";

const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";
const PROTOBUF = "application/vnd.kubernetes.protobuf";
const CONFIG_MAP = "io.k8s.api.core.v1.ConfigMap";
const TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io";
const PARTIAL = (kind: string) => `${PROTOBUF};as=${kind};v=v1;g=meta.k8s.io`;

interface Envelope {
  readonly kind: string;
  readonly apiVersion: string;
  readonly object: Record<string, unknown>;
}

interface Meta {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
}

const open = (bytes: Buffer) => decodeProtobuf(bytes) as Envelope;

describe("encodings", function () {
  this.timeout(60_000);
  let server: ApiServer;
  let admin: RestPeer;

  before(async () => {
    server = await startApiServer();
    admin = await server.connection("rest", "kubernetes-admin", ["system:masters"]);
  });

  after(async () => server?.stop());

  const get = (path: string, accept: string, headers: Record<string, string> = {}) =>
    rest(admin, "GET", path, { headers: { Accept: accept, ...headers } });

  const post = (path: string, body: Buffer | object | string, contentType: string, accept = PROTOBUF) =>
    rest(admin, "POST", path, { body, contentType, headers: { Accept: accept } });

  it("an object, its list and its deletion go both ways in protobuf", async () => {
    const message = encodeProtobuf(CONFIG_MAP, { metadata: { name: "both" }, data: { a: "é" } });
    const created = await post(CONFIG_MAPS, wrapProtobuf("v1", "ConfigMap", message), PROTOBUF);
    assert.deepEqual([created.code, created.headers["content-type"]], [201, PROTOBUF]);
    const read = await get(`${CONFIG_MAPS}/both`, PROTOBUF);
    assert.deepEqual(open(read.bytes), open(created.bytes));
    const asJson = await get(`${CONFIG_MAPS}/both`, "application/json");
    assert.deepEqual(open(read.bytes).object, JSON.parse(asJson.bytes.toString()));
    const list = open((await get(`${CONFIG_MAPS}?limit=500`, PROTOBUF)).bytes);
    assert.deepEqual([list.apiVersion, list.kind], ["v1", "ConfigMapList"]);
    const { apiVersion: _apiVersion, kind: _kind, ...item } = open(read.bytes).object;
    assert.deepEqual(
      (list.object["items"] as Meta[]).find(({ metadata }) => metadata.name === "both"),
      item,
    );
    const deleted = await rest(admin, "DELETE", `${CONFIG_MAPS}/both`, { headers: { Accept: PROTOBUF } });
    assert.equal(open(deleted.bytes).object["status"], "Success");
    const missing = await get(`${CONFIG_MAPS}/both`, PROTOBUF);
    assert.deepEqual([missing.code, missing.headers["content-type"]], [404, PROTOBUF]);
    assert.equal(open(missing.bytes).object["message"], 'configmaps "both" not found');
  });

  it("metadata alone comes in protobuf, tables do not", async () => {
    const one = open((await get("/api/v1/namespaces/default", PARTIAL("PartialObjectMetadata"))).bytes);
    assert.deepEqual([one.kind, one.apiVersion], ["PartialObjectMetadata", "meta.k8s.io/v1"]);
    assert.equal((one.object as unknown as Meta).metadata.name, "default");
    const list = await get("/api/v1/namespaces", PARTIAL("PartialObjectMetadataList"));
    assert.equal(open(list.bytes).kind, "PartialObjectMetadataList");
    const older = await get("/api/v1/namespaces", PARTIAL("PartialObjectMetadataList").replace("v=v1;", "v=v1beta1;"));
    assert.equal(older.code, 200);
    const table = await get("/api/v1/namespaces", `${PROTOBUF};as=Table;v=v1;g=meta.k8s.io`);
    assert.equal(table.code, 406);
  });

  it("what cannot be had is refused before anything happens", async () => {
    const offered = "application/json, application/yaml, application/vnd.kubernetes.protobuf";
    const cbor = await post(CONFIG_MAPS, { metadata: { name: "unseen" } }, "application/json", "application/cbor");
    assert.deepEqual(
      [cbor.code, cbor.json.reason, cbor.json.message],
      [406, "NotAcceptable", `only the following media types are accepted: ${offered}`],
    );
    assert.equal((await get(`${CONFIG_MAPS}/unseen`, "*/*")).code, 404);
    const sent = await post(CONFIG_MAPS, Buffer.from([0xa0]), "application/cbor", "application/json");
    assert.deepEqual(
      [sent.code, sent.json.reason, sent.json.message],
      [
        415,
        "UnsupportedMediaType",
        `the body of the request was in an unknown format - accepted media types include: ${offered}`,
      ],
    );
    const watched = await get(`${CONFIG_MAPS}?watch=true`, "application/yaml");
    assert.deepEqual(
      [watched.code, (parse(watched.bytes.toString()) as { message: string }).message],
      [
        406,
        "only the following media types are accepted: application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch",
      ],
    );
    const asList = await get(
      "/api/v1/namespaces/default",
      `application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io`,
    );
    assert.deepEqual(
      [asList.code, asList.json.message],
      [406, "you requested PartialObjectMetadataList, but the requested object is not a list (*core.Namespace)"],
    );
  });

  it("bad protobuf is a bad request in the decoder's words", async () => {
    const whole = wrapProtobuf("v1", "ConfigMap", Buffer.from("\x0a\x7f", "latin1"));
    const broken = await post(CONFIG_MAPS, whole, PROTOBUF, "application/json");
    assert.deepEqual(
      [broken.code, broken.json.message],
      [400, 'ConfigMap in version "v1" cannot be handled as a ConfigMap: unexpected EOF'],
    );
  });

  it("a table carries what includeObject says", async () => {
    const row = async (query: string) => {
      const { json } = await get(`/api/v1/namespaces?${query}`, TABLE);
      return (json["rows"] as { object?: { kind: string } }[])[0]?.object?.kind;
    };
    assert.equal(await row(""), "PartialObjectMetadata");
    assert.equal(await row("includeObject=Metadata"), "PartialObjectMetadata");
    assert.equal(await row("includeObject=Object"), "Namespace");
    assert.equal(await row("includeObject=None"), undefined);
    const { code, json } = await get("/api/v1/namespaces?includeObject=All", TABLE);
    assert.equal(code, 400);
    assert.match(String(json.message), /^Unable to convert to Table as requested: includeObject: Invalid value: "All"/);
  });

  it("a review is never a table, and flow schemas stand in theirs by precedence", async () => {
    const reviews = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    const body = { spec: { nonResourceAttributes: { path: "/", verb: "get" } } };
    const refused = await post(reviews, body, "application/json", TABLE);
    assert.deepEqual([refused.code, refused.json.reason], [406, "NotAcceptable"]);
    const answered = await post(reviews, body, "application/json", `${TABLE},application/json`);
    assert.deepEqual([answered.code, answered.json.kind], [201, "SelfSubjectAccessReview"]);
    const schemas = await get("/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas", TABLE);
    const { rows } = JSON.parse(schemas.bytes.toString()) as { rows: { cells: string[] }[] };
    const names = rows.map(({ cells }) => cells[0]);
    assert.deepEqual([...names.slice(0, 3), names.at(-1)], ["exempt", "probes", "system-leader-election", "catch-all"]);
  });

  it("who asks for what is deprecated is warned, reading and writing", async () => {
    const endpoints = "/api/v1/namespaces/default/endpoints";
    const warning = '299 - "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"';
    const created = await post(endpoints, { metadata: { name: "old" } }, "application/json");
    const all = [created, await get(`${endpoints}/old`, PROTOBUF), await get(endpoints, TABLE)];
    all.push(await rest(admin, "DELETE", `${endpoints}/old`));
    for (const answer of all) assert.equal(answer.headers["warning"], warning);
    assert.match(
      String((await get("/api/v1/componentstatuses", TABLE)).headers["warning"]),
      /ComponentStatus is deprecated in v1\.19\+/,
    );
    assert.equal((await get(CONFIG_MAPS, TABLE)).headers["warning"], undefined);
  });

  it("a large answer is compressed for who takes gzip, in any format", async () => {
    const data = { big: "x".repeat(150_000) };
    await post(CONFIG_MAPS, { metadata: { name: "big" }, data }, "application/json");
    for (const accept of ["application/json", "application/yaml", PROTOBUF]) {
      const plain = await get(`${CONFIG_MAPS}/big`, accept);
      assert.equal(plain.headers["content-encoding"], undefined);
      const packed = await get(`${CONFIG_MAPS}/big`, accept, { "Accept-Encoding": "gzip, deflate" });
      assert.deepEqual([packed.headers["content-encoding"], packed.headers.vary], ["gzip", "Accept-Encoding"]);
      assert.deepEqual(gunzipSync(packed.bytes), plain.bytes);
    }
    const small = await get("/api/v1/namespaces/default", "application/json", { "Accept-Encoding": "gzip" });
    assert.equal(small.headers["content-encoding"], undefined);
  });

  it("YAML goes both ways; pretty is for people", async () => {
    const yaml = "kind: ConfigMap\napiVersion: v1\nmetadata:\n  name: text\ndata:\n  answer: 'yes'\n";
    const created = await post(CONFIG_MAPS, yaml, "application/yaml", "application/yaml");
    assert.deepEqual([created.code, created.headers["content-type"]], [201, "application/yaml"]);
    assert.match(created.bytes.toString(), /^apiVersion: v1\ndata:\n {2}answer: "yes"\nkind: ConfigMap\n/);
    assert.deepEqual((parse(created.bytes.toString()) as { data: object }).data, { answer: "yes" });
    for (const [query, agent, isPretty] of [
      ["", "client", false],
      ["", "curl/8", true],
      ["?pretty=false", "curl/8", false],
      ["?pretty=1", "client", true],
      ["?pretty=yes", "client", false],
    ] as const) {
      const { bytes } = await get(`${CONFIG_MAPS}/text${query}`, "application/json", { "User-Agent": agent });
      assert.equal(bytes.toString().startsWith("{\n  "), isPretty, `${query} ${agent}`);
    }
  });

  it("a watch in protobuf is frames of events, errors among them", async () => {
    const events = await watchFrames(
      admin,
      `${CONFIG_MAPS}?watch=true&fieldSelector=metadata.name%3Dbig&timeoutSeconds=1`,
    );
    assert.deepEqual(
      events.map(({ type, body }) => [type, open(body).kind]),
      [["ADDED", "ConfigMap"]],
    );
    const initial = await watchFrames(
      admin,
      "/api/v1/namespaces?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=1",
    );
    const bookmark = initial.find(({ type }) => type === "BOOKMARK");
    const { metadata } = open(bookmark?.body as Buffer).object as { metadata: { annotations: object } };
    assert.deepEqual(metadata.annotations, { "k8s.io/initial-events-end": "true" });
  });
});

/** The events of a protobuf watch until the server ends it. */
async function watchFrames(peer: RestPeer, path: string): Promise<{ type: string; body: Buffer }[]> {
  const outgoing = request(new URL(path, peer.server), {
    ca: peer.caPem,
    cert: peer.certPem,
    key: peer.keyPem,
    agent: false,
    headers: { Accept: `${PROTOBUF};stream=watch` },
  });
  const answered = once(outgoing, "response") as Promise<[IncomingMessage]>;
  outgoing.end();
  const [response] = await answered;
  assert.equal(response.headers["content-type"], `${PROTOBUF};stream=watch`);
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const events: { type: string; body: Buffer }[] = [];
  for (let at = 0; at < bytes.length; ) {
    const frame = bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at));
    at += 4 + frame.length;
    const typeLength = frame[1] as number;
    const type = frame.subarray(2, 2 + typeLength).toString();
    events.push({ type, body: frame.subarray(frame.indexOf("k8s\0")) });
  }
  return events;
}
