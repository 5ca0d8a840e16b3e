import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "../loopback/free-ports.ts";
import { EtcdCluster, until } from "./etcd-cluster.ts";

const MAIN = new URL("../../../services/etcd-node/src/main.ts", import.meta.url).pathname;

function run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<{ code: unknown; output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { env: { ...process.env, ...env } }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, output: stdout + stderr }),
    );
  });
}

describe("a member's flags", function () {
  this.timeout(60_000);
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "drydock-etcd-flags-"));
  });
  after(() => rm(directory, { recursive: true, force: true }));

  it("let the last one of a cluster go on alone, with everything it had", async () => {
    const cluster = await EtcdCluster.start({ isSecure: false });
    try {
      const leader = await cluster.leaderIndex();
      await cluster.etcdctl(["put", "kept", "yes"], { members: [leader] });
      const [survivor, ...others] = [(leader + 1) % 3, leader, (leader + 2) % 3] as const;
      await until("the survivor to have it", async () => {
        const read = await cluster.tryEtcdctl(["get", "kept", "--consistency=s"], { members: [survivor] });
        return read.stdout.includes("yes") || undefined;
      });
      for (const index of [...others, survivor]) await cluster.stopMember(index, "SIGKILL");
      cluster.startMember(survivor, [0, 1, 2], { ETCD_FORCE_NEW_CLUSTER: "true" });
      await cluster.waitUntilReady();
      assert.match(await cluster.etcdctl(["get", "kept"], { members: [survivor] }), /yes/);
      await cluster.etcdctl(["put", "new", "1"], { members: [survivor] });
      const list = await cluster.etcdctl(["member", "list"], { members: [survivor] });
      assert.equal(list.trim().split("\n").length, 1, list);
      // It stays so without the flag.
      await cluster.stopMember(survivor);
      cluster.startMember(survivor);
      await cluster.waitUntilReady();
      assert.match(await cluster.etcdctl(["get", "new"], { members: [survivor] }), /1/);
    } finally {
      await cluster.dispose();
    }
  });

  it("come from a file alone, where there is one, and the log has its own place", async () => {
    const [client, peer] = await freePorts(2);
    const file = join(directory, "etcd.yaml");
    const walDir = join(directory, "log");
    const logFile = join(directory, "etcd.log");
    const content = {
      name: "filed",
      "data-dir": join(directory, "data"),
      "wal-dir": walDir,
      "listen-client-urls": `http://127.0.0.1:${client}`,
      "advertise-client-urls": `http://127.0.0.1:${client}`,
      "listen-peer-urls": `http://127.0.0.1:${peer}`,
      "initial-advertise-peer-urls": `http://127.0.0.1:${peer}`,
      "initial-cluster": `filed=http://127.0.0.1:${peer}`,
      "unsafe-no-fsync": true,
      "enable-grpc-gateway": false,
      "peer-transport-security": { "client-cert-auth": false },
      "v2-deprecation": "write-only",
      "log-outputs": [logFile],
      "log-format": "console",
    };
    await writeFile(file, JSON.stringify(content));
    const child = execFile(process.execPath, [MAIN, `--config-file=${file}`, "--name=other", "--nonsense"]);
    try {
      const version = await until("the member of the file", () =>
        fetch(`http://127.0.0.1:${client}/version`).then(
          (response) => response.json() as Promise<Record<string, string>>,
          () => undefined,
        ),
      );
      assert.match(version["etcdserver"] ?? "", /^3\.6\./);
      assert.ok((await readdir(walDir)).length > 0);
      assert.ok(!existsSync(join(directory, "data", "member", "wal")));
      const gateway = await fetch(`http://127.0.0.1:${client}/v3/kv/range`, { method: "POST", body: "{}" });
      assert.equal(gateway.status, 404);
      assert.match(await readFile(logFile, "utf8"), /INFO.*etcd member started/);
    } finally {
      child.kill("SIGKILL");
    }
  });

  it("are refused when they make no sense, and tell the version", async () => {
    const missing = await run([`--config-file=${join(directory, "none.yaml")}`]);
    assert.equal(missing.code, 1);
    assert.match(missing.output, /error verifying flags, .*no such file/);
    const noLog = await run(["--log-outputs=default,stdout"]);
    assert.equal(noLog.code, 1);
    assert.match(noLog.output, /multi logoutput for "default" is not supported yet/);
    const slow = await run(["--heartbeat-interval=300", "--election-timeout=1000"]);
    assert.match(
      slow.output,
      /--election-timeout\[1000ms\] should be at least as 5 times as --heartbeat-interval\[300ms\]/,
    );
    const long = await run([], { ETCD_ELECTION_TIMEOUT: "60000" });
    assert.match(long.output, /--election-timeout\[60000ms\] is too long, and should be set less than 50000ms/);
    assert.match((await run(["--version"])).output, /^etcd Version: 3\.6\.\d+\n/);
  });
});
