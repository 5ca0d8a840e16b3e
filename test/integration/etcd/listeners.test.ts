import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request as requestPlain } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { request as requestSecure } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuthority, issueCertificate } from "@drydock/pki";
import { freePorts } from "../loopback/free-ports.ts";
import { until } from "./etcd-cluster.ts";

const MAIN = new URL("../../../services/etcd-node/src/main.ts", import.meta.url).pathname;

/** One member: `scheme` of all its URLs. */
function flagsOf(name: string, directory: string, scheme: string, client: number, peer: number, cluster: string) {
  return [
    `--name=${name}`,
    `--data-dir=${join(directory, name)}`,
    `--listen-client-urls=${scheme}://127.0.0.1:${client}`,
    `--advertise-client-urls=${scheme}://127.0.0.1:${client}`,
    `--listen-peer-urls=${scheme}://127.0.0.1:${peer}`,
    `--initial-advertise-peer-urls=${scheme}://127.0.0.1:${peer}`,
    `--initial-cluster=${cluster}`,
  ];
}

function etcdctl(endpoint: string, args: readonly string[], flags: readonly string[] = []): Promise<string> {
  return new Promise((resolve) => {
    const all = [`--endpoints=${endpoint}`, "--command-timeout=3s", ...flags, ...args];
    execFile("/usr/bin/etcdctl", all, { env: { ...process.env, ETCDCTL_API: "3" } }, (_, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });
}

/** Status and body of a GET by HTTP/1.1; undefined when the connection ends without an answer. */
function get(url: string): Promise<{ status: number; body: string } | undefined> {
  const request = url.startsWith("https:") ? requestSecure : requestPlain;
  return new Promise((resolve) => {
    const call = request(url, { rejectUnauthorized: false, agent: false }, (response) => {
      response.setEncoding("utf8");
      let body = "";
      response.on("data", (part: string) => {
        body += part;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
    });
    call.on("error", () => resolve(undefined));
    call.end();
  });
}

/** The headers of the answer to a GET by HTTP/2; undefined when there is no HTTP/2. */
function getByHttp2(url: string): Promise<Record<string, unknown> | undefined> {
  return new Promise((resolve) => {
    const session = connectHttp2(url, { rejectUnauthorized: false });
    for (const event of ["error", "close"]) session.on(event, () => resolve(undefined));
    const stream = session.request({ ":path": "/health" });
    stream.on("error", () => resolve(undefined));
    stream.on("response", (headers) => {
      resolve({ ...headers });
      session.close();
    });
    stream.resume();
  });
}

describe("a member's listeners", function () {
  this.timeout(60_000);
  const running: ChildProcess[] = [];
  const start = (args: readonly string[]) => {
    const child = spawn(process.execPath, [MAIN, ...args], { stdio: "ignore" });
    running.push(child);
    return child;
  };
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "drydock-listeners-"));
  });
  afterEach(async () => {
    for (const child of running.splice(0)) {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      if (child.kill("SIGKILL")) await ended;
    }
  });
  after(() => rm(directory, { recursive: true, force: true }));

  it("have TLS that nobody set up, towards clients and between members", async () => {
    const ports = await freePorts(7);
    const names = ["auto-1", "auto-2", "auto-3"];
    const cluster = names.map((name, index) => `${name}=https://127.0.0.1:${ports[2 * index + 1]}`).join(",");
    const [endpoint, monitoring] = [`https://127.0.0.1:${ports[0]}`, `https://127.0.0.1:${ports[6]}`];
    const members = names.map((name, index) => [
      ...flagsOf(name, directory, "https", Number(ports[2 * index]), Number(ports[2 * index + 1]), cluster),
      ...["--auto-tls", "--peer-auto-tls", "--self-signed-cert-validity=3"],
      ...(index === 0 ? [`--listen-metrics-urls=${monitoring}`] : []),
    ]);
    const first = members.map(start)[0];
    const skip = ["--insecure-skip-tls-verify", "--insecure-transport=false"];
    await until("the cluster", async () =>
      (await etcdctl(endpoint, ["put", "a", "1"], skip)).includes("OK") ? true : undefined,
    );
    assert.match(await etcdctl(`https://127.0.0.1:${ports[4]}`, ["get", "a"], skip), /^a\n1\n/);
    const certificateOf = (side: string) =>
      new X509Certificate(readFileSync(join(directory, "auto-1", "fixtures", side, "cert.pem")));
    assert.equal(certificateOf("peer").subject, "O=etcd");
    const years = (certificateOf("client").validToDate.getTime() - Date.now()) / (365 * 24 * 3600 * 1000);
    assert.ok(years > 2.99 && years < 3.01, String(years));
    // Who trusts the certificate needs not look away.
    const pinned = [`--cacert=${join(directory, "auto-1", "fixtures", "client", "cert.pem")}`];
    assert.match(await etcdctl(endpoint, ["get", "a"], pinned), /^a\n1\n/);
    assert.equal((await get(`${monitoring}/health`))?.status, 200);
    const before = createHash("sha256").update(certificateOf("client").raw).digest("hex");
    const ended = new Promise((resolve) => first?.once("exit", resolve));
    first?.kill("SIGTERM");
    await ended;
    start(members[0] as string[]);
    await until("the member to be back", async () =>
      (await etcdctl(endpoint, ["get", "a"], skip)).startsWith("a\n") ? true : undefined,
    );
    assert.equal(createHash("sha256").update(certificateOf("client").raw).digest("hex"), before);
  });

  it("show peers the certificate that is for those who connect, a new one too", async () => {
    let authority = await createAuthority("peers");
    const write = async (name: string, usage: "server" | "client") => {
      const request = { commonName: name, subjectAltNames: ["127.0.0.1"], usages: [usage] };
      const pair = await issueCertificate(authority, request);
      await writeFile(join(directory, `${name}.crt`), pair.certPem);
      await writeFile(join(directory, `${name}.key`), pair.keyPem);
      return { cert: join(directory, `${name}.crt`), key: join(directory, `${name}.key`) };
    };
    await writeFile(join(directory, "ca.crt"), authority.certPem);
    // OpenSSL takes no certificate of a server from a client.
    const [server, client] = [await write("as-server", "server"), await write("as-client", "client")];
    const ports = await freePorts(4);
    const cluster = [1, 3].map((at) => `m${at}=https://127.0.0.1:${ports[at]}`).join(",");
    const members = [0, 2].map((at) => {
      const [own, peer] = [Number(ports[at]), Number(ports[at + 1])];
      const flags = flagsOf(`m${at + 1}`, directory, "https", own, peer, cluster);
      const plain = flags.map((flag) => flag.replace(/(client-urls=)https/, "$1http"));
      return [
        ...plain,
        ...[`--peer-cert-file=${server.cert}`, `--peer-key-file=${server.key}`, "--peer-client-cert-auth"],
        ...[`--peer-client-cert-file=${client.cert}`, `--peer-client-key-file=${client.key}`],
        `--peer-trusted-ca-file=${join(directory, "ca.crt")}`,
      ];
    });
    const [, second] = members.map(start);
    const put = async (value: string) =>
      (await etcdctl(`http://127.0.0.1:${ports[0]}`, ["put", "a", value])).includes("OK") ? true : undefined;
    await until("the two to agree", () => put("1"));
    // Everything anew, by an authority that nobody knew: who runs takes it from the files, who starts knows nothing else.
    authority = await createAuthority("other peers");
    await writeFile(join(directory, "ca.crt"), authority.certPem);
    await Promise.all([write("as-server", "server"), write("as-client", "client")]);
    const ended = new Promise((resolve) => second?.once("exit", resolve));
    second?.kill("SIGKILL");
    await ended;
    start(members[1] as string[]);
    await until("the two to agree again", () => put("2"));
  });

  it("keep HTTP and gRPC apart where they are told to", async () => {
    const [client, peer, plain, secure] = await freePorts(4);
    const flags = flagsOf("split", directory, "http", Number(client), Number(peer), `split=http://127.0.0.1:${peer}`);
    const grpcUrl = `http://127.0.0.1:${client}`;
    start([...flags, "--auto-tls", `--listen-client-http-urls=http://127.0.0.1:${plain},https://127.0.0.1:${secure}`]);
    await until("the member", async () =>
      (await etcdctl(grpcUrl, ["put", "a", "1"])).includes("OK") ? true : undefined,
    );
    const [http, https] = [`http://127.0.0.1:${plain}`, `https://127.0.0.1:${secure}`];
    for (const url of [http, https]) {
      assert.deepEqual(await get(`${url}/health`), { status: 200, body: '{"health":"true","reason":""}' });
      assert.equal((await get(`${url}/metrics`))?.status, 200);
    }
    assert.equal(await get(`${grpcUrl}/health`), undefined);
    const refused = await getByHttp2(grpcUrl);
    assert.equal(refused?.[":status"], 415);
    assert.equal(refused?.["grpc-message"], 'invalid gRPC request content-type ""');
    assert.equal((await getByHttp2(https))?.[":status"], 200);
    assert.equal(await getByHttp2(http), undefined);
    const skip = ["--insecure-skip-tls-verify", "--insecure-transport=false"];
    assert.match(await etcdctl(https, ["put", "a", "2"], skip), /404|Unimplemented/);
    assert.match(await etcdctl(grpcUrl, ["get", "a"]), /^a\n1\n/);
  });
});
