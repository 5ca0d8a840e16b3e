import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { allNodesReady, curl, docker, eventually, kubectl, labName, nodes, readyPods, root, tryRun } from "./lab.ts";

const MAIN = join(root, "bin/drydock.mjs");

async function drydock(command: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const { code, stdout, stderr } = await tryRun(process.execPath, [MAIN, command], { env, timeoutMs: 280_000 });
  if (code !== 0) throw new Error(`drydock ${command}: exit code ${code}\n${stdout}${stderr}`);
  return stdout;
}

const label = (text: string) => JSON.stringify({ label: [text] });
const ownContainers = async () => [
  ...(await docker.listContainers({ all: true, filters: label(`com.docker.compose.project=${labName}`) })),
  ...(await docker.listContainers({ all: true, filters: label(`io.drydock.lab=${labName}`) })),
];

describe("up, stop, start and down", function () {
  this.timeout(300_000);

  before(function () {
    // They take the lab away under its user's hands: only where the runner made it.
    if (process.env["DRYDOCK_E2E_OWN_LAB"] !== "1") this.skip();
  });

  it("up on a lab that is up changes nothing", async () => {
    const ids = async () => (await ownContainers()).map(({ Id }) => Id).sort();
    const before = await ids();
    const output = await drydock("up");
    assert.match(output, /Nodes — 3 ready/);
    assert.match(output, /ETCDCTL_API=3 etcdctl --endpoints=\S+ --cacert=\S+/);
    assert.deepEqual(await ids(), before);
  });

  describe("with something in the cluster", () => {
    before(async () => {
      await kubectl("create configmap kept --from-literal=a=b");
      await kubectl("create deployment kept --image=nginx --replicas=3");
      await kubectl("create service nodeport kept --tcp=80 --node-port=30005");
      await readyPods("default", "app=kept", 3);
    });
    after(() => kubectl("delete configmap,deployment,service kept"));

    const isIntact = async () => {
      await allNodesReady();
      assert.equal(await kubectl("get configmap kept -o jsonpath={.data.a}"), "b");
      await readyPods("default", "app=kept", 3, 120_000);
      for (const { name, address } of await nodes())
        await eventually(`${name} serves`, async () => (await curl(address, 30005)).status === 200);
    };

    it("stop leaves no container, start brings everything back", async () => {
      await drydock("stop");
      assert.deepEqual(await ownContainers(), []);
      await drydock("start");
      await isIntact();
    });

    it("at other addresses too", async () => {
      await drydock("stop");
      if ((await docker.listNetworks()).some(({ Name }) => Name === labName)) {
        // Docker 20.10 sometimes miscounts what is on a network and keeps it: then all that can be asked for is a clear word.
        await assert.rejects(drydock("start", { DRYDOCK_SUBNET: "172.31.77" }), /restart Docker/);
        await drydock("start");
        return isIntact();
      }
      await drydock("start", { DRYDOCK_SUBNET: "172.31.77" });
      await isIntact();
      assert.ok((await nodes()).every(({ address }) => address.startsWith("172.31.77.")));
      await drydock("stop");
      await drydock("start");
      await isIntact();
    });

    it("an interrupted up is completed by the next one", async () => {
      await drydock("stop");
      const child = spawn(process.execPath, [MAIN, "up"], { cwd: root, stdio: ["ignore", "pipe", "ignore"] });
      const ended = new Promise((resolve) => child.once("close", resolve));
      let output = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
      await eventually("it is about to make containers", async () => output.includes("Ports and network"));
      await eventually("it has made some", async () => (await ownContainers()).length > 2);
      child.kill("SIGINT");
      await ended;
      await drydock("up");
      await isIntact();
    });

    it("compose alone brings it up as well, once images exist", async () => {
      await drydock("stop");
      const hasPlugin = (await tryRun("docker", ["compose", "version"])).code === 0;
      const [program, ...prefix] = hasPlugin ? ["docker", "compose"] : ["docker-compose"];
      const { code, stderr } = await tryRun(program as string, [...prefix, "up", "-d"]);
      assert.equal(code, 0, stderr);
      await isIntact();
    });

    it("a port that is taken is named, with the setting that chooses another", async () => {
      await drydock("stop");
      const server = createServer().listen(6443, "127.0.0.1");
      try {
        const { code, stdout, stderr } = await tryRun(process.execPath, [MAIN, "start"]);
        assert.notEqual(code, 0);
        assert.match(stdout + stderr, /port 6443 on 127\.0\.0\.1 is taken: choose another with DRYDOCK_API_PORT/);
      } finally {
        server.close();
      }
      await drydock("start");
      await isIntact();
    });
  });

  it("down removes what up made, and nothing else", async () => {
    const directory = await mkdtemp(join(tmpdir(), "drydock-kubeconfig-"));
    const env = { KUBECONFIG: join(directory, "config") };
    await writeFile(
      env.KUBECONFIG,
      "apiVersion: v1\nkind: Config\ncurrent-context: other\nclusters: [{ name: other, cluster: { server: 'https://other.invalid' } }]\ncontexts: [{ name: other, context: { cluster: other, user: other } }]\nusers: [{ name: other, user: { token: t } }]\n",
    );
    const contexts = async () =>
      (await tryRun("kubectl", ["config", "get-contexts", "-o", "name"], { env })).stdout.trim().split("\n").sort();
    const unrelated = await docker.createVolume({ Name: "drydock-test-unrelated" });
    try {
      await drydock("up", env);
      assert.deepEqual(await contexts(), [labName, "other"].sort());
      await drydock("down", env);
      assert.deepEqual(await contexts(), ["other"]);
      assert.deepEqual(await ownContainers(), []);
      const networks = await docker.listNetworks();
      const kept = networks.find(({ Name }) => Name === labName);
      // The same for an engine that keeps it: at least nothing is on it.
      if (kept) assert.deepEqual((await docker.getNetwork(kept.Id).inspect()).Containers, {});
      const volumes = ((await docker.listVolumes()).Volumes ?? []).map(({ Name }) => Name);
      assert.deepEqual(
        volumes.filter((name) => name.startsWith(labName)),
        ["drydock-test-unrelated"],
      );
    } finally {
      await unrelated.remove();
      await rm(directory, { recursive: true });
      await drydock("up");
    }
    await allNodesReady();
    assert.equal(
      (await tryRun("kubectl", ["--context", labName, "get", "deployment", "kept"])).code,
      1,
      "a new cluster",
    );
  });
});
