import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { apiServices, services, type V1APIService } from "@drydock/kube-api";
import { type Connection, createAuthority, issueCertificate } from "@drydock/pki";
import { type ApiServer, startApiServer } from "../loopback/api-server.ts";
import { eventually } from "../loopback/eventually.ts";
import { rest } from "../loopback/rest.ts";
import { ExtensionServer } from "./extension-server.ts";
import { findKubectls, Kubectl, type KubectlBinary } from "./kubectl.ts";

const GROUP = "fortune.example.com";
const COOKIES = `/apis/${GROUP}/v1/namespaces/default/cookies`;
const AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

interface GroupDiscoveryList {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly versions: readonly { readonly freshness: string; readonly resources: readonly object[] }[];
  }[];
}

describe("aggregated APIs", function () {
  this.timeout(90_000);
  let directory: string;
  let server: ApiServer;
  let admin: Connection;
  let extension: ExtensionServer;
  let makeExtension: () => ExtensionServer;
  let port: number;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "drydock-front-proxy-"));
    const frontProxy = await createAuthority("front-proxy-ca");
    const client = await issueCertificate(frontProxy, { commonName: "front-proxy-client", usages: ["client"] });
    await writeFile(join(directory, "client.crt"), client.certPem);
    await writeFile(join(directory, "client.key"), client.keyPem);
    server = await startApiServer({
      flags: [
        `--proxy-client-cert-file=${join(directory, "client.crt")}`,
        `--proxy-client-key-file=${join(directory, "client.key")}`,
      ],
    });
    admin = await server.connection("rest", "ad min", ["system:masters"]);
    const authority = await createAuthority("extension-ca");
    const pair = await issueCertificate(authority, {
      commonName: "cookies",
      subjectAltNames: ["cookies.default.svc"],
      usages: ["server"],
    });
    makeExtension = () =>
      new ExtensionServer({ cert: pair.certPem, key: pair.keyPem, frontProxyCa: frontProxy.certPem });
    extension = makeExtension();
    port = await extension.start();
    const ports = [{ port, name: "https" }];
    const metadata = { name: "cookies", namespace: "default" };
    const spec = { type: "ExternalName", externalName: "localhost", ports };
    await server.client.create(services, {
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec,
    });
    await server.client.create(apiServices, {
      apiVersion: "apiregistration.k8s.io/v1",
      kind: "APIService",
      metadata: { name: `v1.${GROUP}` },
      spec: {
        group: GROUP,
        version: "v1",
        groupPriorityMinimum: 17_850,
        versionPriority: 5,
        service: { ...metadata, port },
        caBundle: Buffer.from(authority.certPem).toString("base64"),
      },
    } as V1APIService);
  });
  after(async () => {
    await extension?.stop().catch(() => {});
    await server?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const available = async (name = `v1.${GROUP}`) => {
    const { status } = await server.client.get(apiServices, { name });
    const { status: value, reason, message } = status?.conditions?.find(({ type }) => type === "Available") ?? {};
    return { value, reason, message };
  };

  it("are beside those of the server itself, each with an APIService", async () => {
    const { items } = await server.client.list(apiServices);
    const apps = items.find(({ metadata }) => metadata.name === "v1.apps");
    assert.equal(apps?.metadata.labels?.["kube-aggregator.kubernetes.io/automanaged"], "onstart");
    assert.deepEqual([apps?.spec?.groupPriorityMinimum, apps?.spec?.versionPriority], [17_800, 15]);
    assert.ok(items.some(({ metadata }) => metadata.name === "v1."));
    assert.deepEqual(await available("v1.apps"), {
      value: "True",
      reason: "Local",
      message: "Local APIServices are always available",
    });
    await eventually("the extension is asked", async () => (await available()).value === "True");
    assert.deepEqual(await available(), { value: "True", reason: "Passed", message: "all checks passed" });
  });

  it("are passed on with the caller's identity under the front proxy's certificate, and nothing the caller claims", async () => {
    const got = await rest(admin, "GET", `${COOKIES}/first?pretty=1`, {
      headers: { "X-Remote-User": "root", "X-Remote-Extra-Scopes": "all", Authorization: "" },
    });
    assert.deepEqual([got.code, got.json.kind], [200, "Cookie"]);
    const seen = extension.seen.findLast(({ url }) => url.includes("/first"));
    assert.equal(seen?.url, `${COOKIES}/first?pretty=1`);
    assert.equal(seen.certificate, "front-proxy-client");
    const { headers } = seen;
    assert.equal(headers["x-remote-user"], "ad min");
    assert.match(String(headers["x-remote-group"]), /system:masters, ?system:authenticated/);
    assert.equal(headers["x-remote-extra-scopes"], undefined);
    assert.equal(headers["x-forwarded-for"], "127.0.0.1");
    const posted = await rest(admin, "POST", COOKIES, { body: { kind: "Cookie", metadata: { name: "new" } } });
    assert.deepEqual([posted.code, (posted.json.metadata as { name: string }).name], [201, "new"]);
  });

  it("are allowed by this server first", async () => {
    const nobody = await server.connection("rest", "nobody");
    assert.equal((await rest(nobody, "GET", COOKIES)).code, 403);
  });

  it("can be watched and upgraded", async () => {
    const options = { ca: admin.caPem, cert: admin.certPem, key: admin.keyPem, agent: false as const };
    const watching = request(new URL(`${COOKIES}?watch=true`, admin.server), options).end();
    const [answer] = (await once(watching, "response")) as [NodeJS.ReadableStream & { destroy(): void }];
    const [event] = (await once(answer, "data")) as [Buffer];
    assert.equal(JSON.parse(event.toString()).type, "ADDED");
    watching.destroy();
    const upgrading = request(new URL(`${COOKIES}/first/exec`, admin.server), {
      ...options,
      headers: { Connection: "Upgrade", Upgrade: "echo" },
    }).end();
    const [, socket] = (await once(upgrading, "upgrade")) as [unknown, Duplex];
    socket.write("hello");
    const [echo] = (await once(socket, "data")) as [Buffer];
    assert.equal(echo.toString(), "hello");
    socket.destroy();
  });

  it("are found by kubectl, in the order of their priority", async () => {
    const kubeconfig = await server.kubeconfig("rest", "admin", ["system:masters"]);
    const kubectl = await Kubectl.create(findKubectls()[0] as KubectlBinary, server.path("home"), kubeconfig);
    assert.match(await kubectl.ok("get cookies"), /first/);
    assert.match(
      await kubectl.ok(`api-resources --api-group=${GROUP}`),
      /cookies +ck +fortune\.example\.com\/v1 +true +Cookie/,
    );
    assert.match(await kubectl.ok("get apiservices"), /v1\.fortune\.example\.com +default\/cookies +True/);
    const { json } = await rest(admin, "GET", "/apis");
    const names = (json.groups as { name: string }[]).map(({ name }) => name);
    assert.deepEqual(names.slice(0, 3), ["apiregistration.k8s.io", GROUP, "apps"]);
  });

  it("are in the OpenAPI documents", async () => {
    const index = await rest(admin, "GET", "/openapi/v3");
    const { serverRelativeURL } = (index.json.paths as Record<string, { serverRelativeURL: string }>)[
      `apis/${GROUP}/v1`
    ] ?? { serverRelativeURL: "" };
    assert.equal((await rest(admin, "GET", serverRelativeURL)).json.openapi, "3.0.0");
    const { json } = await rest(admin, "GET", "/openapi/v2");
    assert.ok((json.paths as object as Record<string, unknown>)[`/apis/${GROUP}/v1/cookies`]);
    const definitions = json.definitions as object as Record<string, object>;
    assert.deepEqual(definitions["com.example.Cookie"], { type: "object" });
    assert.ok("properties" in (definitions["io.k8s.api.core.v1.Pod"] ?? {}), "ours is ours");
  });

  it("fail in upstream's words while their server is away, and come back", async () => {
    await extension.stop();
    const failed = await rest(admin, "GET", COOKIES);
    assert.equal(failed.code, 503);
    assert.match(
      failed.bytes.toString(),
      /^(error trying to reach service: dial tcp .*connection refused|service unavailable)\n$/,
    );
    await eventually(
      "it is known to be away",
      async () => (await available()).reason === "FailedDiscoveryCheck",
      20_000,
    );
    const { message } = await available();
    assert.match(
      message ?? "",
      /^failing or missing response from https:\/\/localhost:\d+\/apis\/fortune\.example\.com\/v1: Get "/,
    );
    const away = await rest(admin, "GET", COOKIES);
    assert.deepEqual([away.code, away.bytes.toString()], [503, "service unavailable\n"]);
    const listed = await rest(admin, "GET", "/apis", { headers: { Accept: AGGREGATED } });
    const group = (listed.json as unknown as GroupDiscoveryList).items.find(({ metadata }) => metadata.name === GROUP);
    assert.equal(group?.versions[0]?.freshness, "Stale");
    extension = makeExtension();
    await extension.start(port);
    await eventually("it is back", async () => (await rest(admin, "GET", COOKIES)).code === 200, 20_000);
  });

  it("are gone with their APIService", async () => {
    await server.client.delete(apiServices, { name: `v1.${GROUP}` });
    await eventually("nobody has them", async () => (await rest(admin, "GET", COOKIES)).code === 404);
    const { json } = await rest(admin, "GET", "/apis");
    assert.ok(!(json.groups as { name: string }[]).some(({ name }) => name === GROUP));
  });
});
