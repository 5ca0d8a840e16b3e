import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensurePki } from "./ensure-pki.ts";
import { connectionOf, parseKubeconfig } from "./kubeconfig.ts";
import type { LabTopology } from "./lab-identities.ts";

const lab: LabTopology = {
  etcdMembers: [{ name: "etcd-1", ip: "172.30.0.2" }],
  nodes: [{ name: "node-1", ip: "172.30.0.11" }],
  apiserver: { name: "apiserver", ip: "172.30.0.10" },
  kubernetesServiceIp: "10.96.0.1",
  publicServer: "https://127.0.0.1:6443",
};

describe("ensurePki", () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "drydock-pki-"));
  });
  after(() => rm(directory, { recursive: true }));

  it("writes every identity once and keeps what still fits", async () => {
    const first = await ensurePki(directory, lab);
    assert.ok(first.issued.includes("apiserver/server") && first.issued.includes("node-1/kubelet"));
    assert.deepEqual((await ensurePki(directory, lab)).issued, []);
    const moved = await ensurePki(directory, { ...lab, apiserver: { name: "apiserver", ip: "172.31.0.10" } });
    assert.deepEqual(moved.issued, ["apiserver/server"]);
  });

  it("signs with the right authority, names and key modes", async () => {
    const read = async (path: string) => new X509Certificate(await readFile(join(directory, path)));
    const [ca, etcdCa, server, kubelet] = await Promise.all(
      ["node-1/ca.crt", "etcd-1/ca.crt", "etcd-1/server.crt", "node-1/kubelet.crt"].map(read),
    );
    assert.ok(server?.verify((etcdCa as X509Certificate).publicKey));
    assert.ok(kubelet?.verify((ca as X509Certificate).publicKey));
    assert.equal(kubelet?.subject, "O=system:nodes\nCN=system:node:node-1");
    assert.match(server?.subjectAltName ?? "", /DNS:etcd-1, IP Address:172\.30\.0\.2/);
    assert.equal((await stat(join(directory, "authority/ca.key"))).mode & 0o777, 0o600);
  });

  it("writes kubeconfigs that lead to the component port", async () => {
    const config = parseKubeconfig(await readFile(join(directory, "scheduler/client.conf"), "utf8"));
    const connection = connectionOf(config, () => assert.fail("credentials are embedded"));
    assert.equal(connection.server, "https://apiserver:6444");
    assert.match(connection.keyPem, /BEGIN PRIVATE KEY/);
  });
});
