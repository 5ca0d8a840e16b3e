import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import {
  adminDirectory,
  allNodesReady,
  callApi,
  container,
  docker,
  eventually,
  labName,
  start,
  tryRun,
  useNamespace,
} from "./lab.ts";

/** Where each process serves its health and metrics, as seen from inside its container. */
const ports: Readonly<Record<string, number>> = {
  "etcd-1": 2381,
  "controller-manager": 10257,
  scheduler: 10259,
  "node-1": 10248,
  "kube-proxy-1": 10256,
};

async function logLines(name: string): Promise<string[]> {
  const { stdout, stderr } = await tryRun("docker", ["logs", `${labName}-${name}`]);
  return `${stdout}${stderr}`.split("\n").filter(Boolean);
}

describe("every process", () => {
  useNamespace("processes");

  for (const [name, port] of Object.entries(ports)) {
    it(`${name} tells its health and its metrics`, async () => {
      const get = (path: string) =>
        tryRun("docker", [
          "exec",
          `${labName}-${name}`,
          "busybox",
          "wget",
          "-q",
          "-O",
          "-",
          `http://127.0.0.1:${port}${path}`,
        ]);
      // etcd's own name for it.
      assert.equal((await get(name === "etcd-1" ? "/health" : "/healthz")).code, 0);
      const { stdout } = await get("/metrics");
      assert.match(stdout, /^# TYPE process_resident_memory_bytes gauge$/m);
      assert.match(stdout, /^process_cpu_seconds_total\{?/m);
    });
  }

  it("apiserver tells its health and its metrics", async () => {
    for (const path of ["/healthz", "/livez", "/readyz"]) assert.equal((await callApi(path, "admin")).body, "ok");
    assert.match((await callApi("/readyz?verbose", "admin")).body, /^\[\+\]etcd ok$/m);
    const metrics = (await callApi("/metrics", "admin")).body;
    assert.match(metrics, /^apiserver_request_total\{.*verb="/m);
    assert.match(metrics, /^# TYPE apiserver_request_duration_seconds histogram$/m);
  });

  it("logs one JSON object a line", async () => {
    for (const name of [...Object.keys(ports), "apiserver"]) {
      const lines = (await logLines(name)).filter(
        (line) => !line.startsWith("(node:") && !line.startsWith("(Use `node"),
      );
      assert.ok(lines.length > 0, name);
      for (const line of lines) {
        const { level, time, component, msg } = JSON.parse(line) as Record<string, unknown>;
        assert.ok(level && component && msg, line);
        assert.ok(!Number.isNaN(Date.parse(String(time))), line);
      }
    }
  });

  it("logs text for people where asked", async () => {
    const created = await docker.createContainer({
      Image: "drydock/lab:dev",
      Cmd: "node /app/etcd-node.js --log-format text --data-dir /tmp/etcd".split(" "),
      HostConfig: { NetworkMode: "none" },
    });
    try {
      await created.start();
      const line = await eventually("the member says that it has started", async () => {
        const { stdout, stderr } = await tryRun("docker", ["logs", created.id]);
        return `${stdout}${stderr}`.split("\n").find((each) => each.includes("etcd member started"));
      });
      assert.throws(() => JSON.parse(line));
      assert.match(line, /^\S*\d\d:\d\d:\d\d\S* /);
    } finally {
      await created.remove({ force: true });
    }
  });

  it("carries a trace from the request through the components' logs", async () => {
    const traceId = randomBytes(16).toString("hex");
    const deployment = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "traced" },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: "traced" } },
        template: { metadata: { labels: { app: "traced" } }, spec: { containers: [{ name: "c", image: "nginx" }] } },
      },
    };
    const { status, headers } = await callApi("/apis/apps/v1/namespaces/processes/deployments", "admin", {
      method: "POST",
      body: JSON.stringify(deployment),
      headers: { traceparent: `00-${traceId}-${randomBytes(8).toString("hex")}-01` },
    });
    assert.equal(status, 201);
    assert.equal(String(headers["traceparent"]).split("-")[1], traceId, "the answer names the trace");
    await eventually("the trace is in the apiserver's log", async () =>
      (await logLines("apiserver")).some((line) => line.includes(traceId)),
    );
  });

  it("ends at once and in order when asked to", async () => {
    for (const name of ["scheduler", "controller-manager", "kube-proxy-2", "apiserver", "etcd-2"]) {
      const startedMs = performance.now();
      await container(name).stop({ t: 30 });
      const { State } = await container(name).inspect();
      await start(name);
      assert.equal(State.ExitCode, 0, `${name} ended with ${State.ExitCode}`);
      assert.ok(performance.now() - startedMs < 25_000, `${name} took ${Math.round(performance.now() - startedMs)} ms`);
    }
    await allNodesReady();
  });

  it("answers only who has a certificate of the lab", async () => {
    const connect = (target: string) =>
      tryRun("docker", [
        "exec",
        `${labName}-node-1`,
        "busybox",
        "timeout",
        "5",
        "wget",
        "-q",
        "-O",
        "-",
        "--no-check-certificate",
        target,
      ]);
    for (const target of [
      "https://etcd-1:2379/health",
      "https://etcd-1:2380/",
      "https://apiserver:6444/",
      "https://127.0.0.1:10250/",
    ])
      assert.notEqual((await connect(target)).code, 0, target);
  });

  it("etcdctl of the distribution works inside the lab too", async () => {
    const found = (await tryRun("which", ["etcdctl"])).stdout.trim();
    const created = await docker.createContainer({
      Image: "drydock/lab:dev",
      Entrypoint: ["/etcdctl"],
      Cmd: [
        ..."--endpoints=https://etcd-1:2379,https://etcd-2:2379,https://etcd-3:2379 --cacert=/pki/etcd-ca.crt --cert=/pki/etcd-client.crt --key=/pki/etcd-client.key endpoint health".split(
          " ",
        ),
      ],
      Env: ["ETCDCTL_API=3"],
      HostConfig: { NetworkMode: labName, Binds: [`${found}:/etcdctl:ro`, `${adminDirectory}:/pki:ro`] },
    });
    try {
      await created.start();
      const { StatusCode } = (await created.wait()) as { StatusCode: number };
      const log = (await created.logs({ stdout: true, stderr: true })).toString("utf8");
      assert.equal(StatusCode, 0, log);
      assert.equal(log.match(/is healthy/g)?.length, 3, log);
    } finally {
      await created.remove({ force: true });
    }
  });
});
