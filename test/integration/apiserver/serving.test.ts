import assert from "node:assert/strict";
import { once } from "node:events";
import { appendFile, rename, writeFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { Agent, request } from "node:https";
import { connect } from "node:tls";
import { type Authority, createAuthority, issueCertificate } from "@drydock/pki";
import { type ApiServer, startApiServer } from "../loopback/api-server.ts";
import { eventually } from "../loopback/eventually.ts";
import { type RestPeer, rest } from "../loopback/rest.ts";

const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";

describe("how the server serves", function () {
  this.timeout(60_000);
  let server: ApiServer;
  let admin: RestPeer;

  before(async () => {
    server = await startApiServer({ flags: ["--shutdown-delay-duration=1s"] });
    admin = await server.connection("rest", "kubernetes-admin", ["system:masters"]);
    await eventually("the server is ready", async () => (await rest(admin, "GET", "/readyz")).code === 200);
  });

  after(async () => server?.stop());

  const create = (name: string) => rest(admin, "POST", CONFIG_MAPS, { body: { metadata: { name } } });

  interface Watch {
    text: string;
    ending: "end" | "error" | undefined;
  }

  async function watch(): Promise<Watch> {
    const { caPem, certPem, keyPem } = admin;
    const outgoing = request(new URL(`${CONFIG_MAPS}?watch=true`, server.restUrl), {
      ca: caPem,
      cert: certPem,
      key: keyPem,
      agent: false,
    });
    outgoing.end();
    const [response] = (await once(outgoing, "response")) as [IncomingMessage];
    const found: Watch = { text: "", ending: undefined };
    response.on("data", (chunk: Buffer) => {
      found.text += chunk.toString();
    });
    response.on("end", () => {
      found.ending = "end";
    });
    response.on("error", () => {
      found.ending = "error";
    });
    return found;
  }

  /** The port of a client connection, by its issuer's name. */
  async function shownBy(port: number): Promise<string> {
    const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
    socket.on("error", () => {});
    await once(socket, "secureConnect");
    const issuer = String(socket.getPeerCertificate().issuer.CN);
    socket.destroy();
    return issuer;
  }

  describe("certificates", () => {
    let second: Authority;

    it("are read again when their files change, and what is open stays open", async () => {
      const seen = await watch();
      second = await createAuthority("second");
      const pair = await issueCertificate(second, {
        commonName: "kube-apiserver",
        subjectAltNames: ["127.0.0.1"],
        usages: ["server"],
      });
      await writeFile(server.path("new.key"), pair.keyPem);
      await writeFile(server.path("new.crt"), pair.certPem);
      await rename(server.path("new.key"), server.path("apiserver.key"));
      await rename(server.path("new.crt"), server.path("apiserver.crt"));
      const restPort = Number(new URL(server.restUrl).port);
      const componentPort = Number(new URL((await server.connection("components", "x")).server).port);
      for (const port of [restPort, componentPort])
        await eventually(`port ${port} shows the new certificate`, async () => (await shownBy(port)) === "second");
      admin = { ...admin, caPem: second.certPem };
      assert.equal((await create("after")).code, 201);
      await eventually("the old watch sees it", async () => seen.text.includes('"after"'));
    });

    it("of clients are judged by the authorities of the moment", async () => {
      const stranger = {
        server: server.restUrl,
        caPem: second.certPem,
        ...(await issueCertificate(second, {
          commonName: "root",
          organizations: ["system:masters"],
          usages: ["client"],
        })),
      };
      const kept = new Agent({ keepAlive: true });
      assert.equal((await rest(stranger, "GET", CONFIG_MAPS, { agent: kept })).code, 401);
      await appendFile(server.path("ca.crt"), `\n${second.certPem}`);
      await eventually(
        "the new authority counts, also on an open connection",
        async () => (await rest(stranger, "GET", CONFIG_MAPS, { agent: kept })).code === 200,
      );
      await writeFile(server.path("ca.crt"), server.caPem);
      await eventually(
        "it counts no more",
        async () => (await rest(stranger, "GET", CONFIG_MAPS, { agent: kept })).code === 401,
      );
      kept.destroy();
    });
  });

  describe("limits", () => {
    it("a header that is too large is refused", async () => {
      const outcome = await rest(admin, "GET", "/livez", { headers: { "X-Filler": "x".repeat(2_000_000) } }).then(
        ({ code }) => code,
        () => "closed",
      );
      assert.ok(outcome === 431 || outcome === "closed", String(outcome));
      const long = { "X-Filler": "x".repeat(200_000) };
      assert.equal((await rest(admin, "GET", "/livez", { headers: long })).code, 200);
    });

    it("a body that is too large is refused", async () => {
      const body = { metadata: { name: "large" }, data: { a: "x".repeat(3 * 1024 * 1024) } };
      const { code, json } = await rest(admin, "POST", CONFIG_MAPS, { body });
      assert.deepEqual(
        [code, json.reason, json.message],
        [413, "RequestEntityTooLarge", "Request entity too large: limit is 3145728"],
      );
    });

    it("a body that is nested too deep is refused", async () => {
      const body = `{"metadata":{"name":"deep"},"data":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
      assert.equal((await rest(admin, "POST", CONFIG_MAPS, { body })).code, 400);
    });
  });

  describe("the end", () => {
    it("a server that is told to stop says so, serves on for a while, and ends watches and connections well", async () => {
      const seen = await watch();
      const agent = new Agent({ keepAlive: true });
      const { caPem, certPem, keyPem } = admin;
      const session = connectHttp2(server.restUrl, { ca: caPem, cert: certPem, key: keyPem });
      session.on("error", () => {});
      await once(session, "connect");
      const left = once(session, "close");
      const exit = server.processes.terminate("apiserver");
      await eventually(
        "the server is no longer ready",
        async () => (await rest(admin, "GET", "/readyz", { agent })).code === 500,
      );
      assert.equal((await create("last")).code, 201);
      assert.equal(await exit, 0);
      await left;
      assert.deepEqual([seen.ending, seen.text.includes('"last"')], ["end", true]);
      agent.destroy();
    });
  });
});
