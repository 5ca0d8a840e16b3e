import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { request } from "node:https";
import { type AddressInfo, createServer } from "node:net";
import { clusterRoleBindings, clusterRoles, nodes, pods, serviceAccounts } from "@drydock/kube-api";
import type { Connection } from "@drydock/pki";
import { WebSocket } from "ws";
import { type ApiServer, startApiServer } from "../loopback/api-server.ts";
import { eventually } from "../loopback/eventually.ts";
import { freePorts } from "../loopback/free-ports.ts";
import { rest } from "../loopback/rest.ts";
import { type FakeDocker, startFakeDocker } from "./fake-docker.ts";

const POD = { name: "web", namespace: "default" };
const PROXY = "/api/v1/nodes/node-1/proxy";

/** A real kubelet, of a Docker that is told to run one pod. Nobody gives the node a pod range, so it leaves the machine's network alone. */
describe("a kubelet's own API", function () {
  this.timeout(60_000);
  let server: ApiServer;
  let docker: FakeDocker;
  let admin: Connection;
  let kubelet: string;
  let scraper: string;
  let nobody: string;

  before(async function () {
    this.timeout(90_000);
    server = await startApiServer({
      flags: (path) => [
        `--kubelet-certificate-authority=${path("ca.crt")}`,
        `--kubelet-client-certificate=${path("kubelet-client.crt")}`,
        `--kubelet-client-key=${path("kubelet-client.key")}`,
      ],
    });
    admin = await server.connection("rest", "kubernetes-admin", ["system:masters"]);
    scraper = await createAccount("scraper");
    nobody = await createAccount("nobody");
    await allowMetrics("scraper");
    const uid = await createPod();
    await startKubelet(uid);
    await eventually("the kubelet has its pod", async () => {
      const { json } = await rest(admin, "GET", `${PROXY}/pods`);
      return (json.items as unknown[] | undefined)?.length === 1 || undefined;
    });
  });

  after(async () => {
    docker?.stop();
    await server?.stop();
  });

  async function createAccount(name: string): Promise<string> {
    const key = { name, namespace: "default" };
    await server.client.create(serviceAccounts, { apiVersion: "v1", kind: "ServiceAccount", metadata: key });
    const { json } = await rest(admin, "POST", `/api/v1/namespaces/default/serviceaccounts/${name}/token`, {
      body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} },
    });
    return (json.status as unknown as { token: string }).token;
  }

  async function allowMetrics(name: string): Promise<void> {
    const group = "rbac.authorization.k8s.io";
    const rules = [{ apiGroups: [""], resources: ["nodes/metrics"], verbs: ["get"] }];
    const head = { apiVersion: `${group}/v1`, metadata: { name } };
    await server.client.create(clusterRoles, { ...head, kind: "ClusterRole", rules });
    await server.client.create(clusterRoleBindings, {
      ...head,
      kind: "ClusterRoleBinding",
      roleRef: { apiGroup: group, kind: "ClusterRole", name },
      subjects: [{ kind: "ServiceAccount", name, namespace: "default" }],
    });
  }

  async function createPod(): Promise<string> {
    const spec = {
      nodeName: "node-1",
      automountServiceAccountToken: false,
      serviceAccountName: "nobody",
      containers: [{ name: "app", image: "app:1" }],
    };
    const { metadata } = await server.client.create(pods, { apiVersion: "v1", kind: "Pod", metadata: POD, spec });
    return metadata.uid ?? "";
  }

  async function startKubelet(podUid: string): Promise<void> {
    const [port, healthPort] = (await freePorts(2)) as [number, number];
    const socket = server.path("docker.sock");
    const labels = {
      "io.kubernetes.pod.name": POD.name,
      "io.kubernetes.pod.namespace": POD.namespace,
      "io.kubernetes.pod.uid": podUid,
      "io.drydock.node": "node-1",
      "io.drydock.lab": "drydock",
    };
    docker = await startFakeDocker(socket, [
      { id: "self", labels: {}, output: "" },
      { id: "sandbox", labels: { ...labels, "io.kubernetes.docker.type": "podsandbox" }, output: "" },
      {
        id: "app",
        labels: { ...labels, "io.kubernetes.docker.type": "container", "io.kubernetes.container.name": "app" },
        output: "one\ntwo\n",
      },
    ]);
    await mkdir(server.path("kubelet"));
    await server.processes.runService("kubelet", [
      "--hostname-override=node-1",
      "--node-ip=127.0.0.1",
      "--address=127.0.0.1",
      `--port=${port}`,
      `--healthz-port=${healthPort}`,
      `--kubeconfig=${await server.kubeconfig("components", "system:node:node-1", ["system:nodes"])}`,
      `--client-ca-file=${server.path("ca.crt")}`,
      `--tls-cert-file=${server.path("kubelet.crt")}`,
      `--tls-private-key-file=${server.path("kubelet.key")}`,
      `--root-dir=${server.path("kubelet")}`,
      `--container-runtime-endpoint=unix://${socket}`,
      "--self-container=self",
      "--authorization-webhook-cache-unauthorized-ttl=100ms",
    ]);
    kubelet = `https://127.0.0.1:${port}`;
    await eventually("the node has its address", async () => {
      const { status } = await server.client.get(nodes, { name: "node-1" });
      return status?.daemonEndpoints?.kubeletEndpoint?.Port === port || undefined;
    });
  }

  const proxied = async (method: string, path: string) => {
    const { code, bytes, headers } = await rest(admin, method, `${PROXY}${path}`);
    return { code, text: String(bytes), headers };
  };

  /** As Prometheus and metrics-server ask. */
  async function direct(path: string, token: string, tls: object = {}): Promise<{ code: number; text: string }> {
    const options = { ca: server.caPem, servername: "node-1", agent: false, ...tls };
    const headers = token === "" ? {} : { Authorization: `Bearer ${token}` };
    const outgoing = request(new URL(path, kubelet), { ...options, headers }).end();
    const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
    return { code: answer.statusCode ?? 0, text: Buffer.concat(await answer.toArray()).toString() };
  }

  it("answers through nodes/proxy as upstream's does", async () => {
    for (const [method, path, code, text] of [
      ["GET", "/healthz", 200, /^ok$/],
      ["GET", "/healthz/syncloop", 200, /^ok$/],
      ["GET", "/pods", 200, /"kind":"PodList".*"name":"web"/],
      ["GET", "/pods/", 200, /"PodList"/],
      ["GET", "/runningpods/", 200, /"PodList".*"name":"app"/],
      ["GET", "/metrics", 200, /kubelet_node_name\{node="node-1"\} 1/],
      ["GET", "/metrics/resource", 200, /container_cpu_usage_seconds_total\{container="app",.*pod="web"\} 2.5 \d{13}/],
      ["GET", "/metrics/cadvisor", 200, /container_memory_rss\{container="app",.*namespace="default",pod="web"\} 500/],
      ["GET", "/metrics/probes", 200, /process_start_time_seconds/],
      ["GET", "/stats/summary", 200, /"nodeName":"node-1".*"workingSetBytes":2000/],
      ["GET", "/configz", 200, /"kubeletconfig":\{.*"mode":"Webhook"/],
      ["GET", "/containerLogs/default/web/app", 200, /^one\ntwo\n$/],
      ["GET", "/containerLogs/default/none/app", 404, /^pod "none" does not exist$/],
      ["GET", "/containerLogs/default/web/none", 404, /^container "none" not found in pod "web"$/],
      ["GET", "/containerLogs/default/web/app?tailLines=x", 400, /Unable to decode query/],
      ["POST", "/run/default/web/app?cmd=ls%20-l", 200, /^ls -l\n$/],
      ["POST", "/run/default/none/app?cmd=ls", 404, /^pod does not exist$/],
      ["GET", "/run/default/web/app", 405, /^405: Method Not Allowed$/],
      ["GET", "/exec/default/web/app?output=1&command=ls", 500, /^Upgrade request required$/],
      ["GET", "/exec/default/web/app?command=ls", 400, /at least 1 of stdin, stdout, stderr/],
      ["GET", "/exec/default", 404, /^404: Page Not Found$/],
      ["DELETE", "/pods", 405, /^405: Method Not Allowed$/],
      ["GET", "/logs/", 405, /^logs endpoint is disabled.\n$/],
      ["GET", "/nothing", 404, /^404 page not found\n$/],
    ] as const) {
      const answer = await proxied(method, path);
      assert.equal(answer.code, code, `${method} ${path}: ${answer.text}`);
      assert.match(answer.text, text, `${method} ${path}`);
    }
    assert.equal((await rest(admin, "DELETE", `${PROXY}/pods`)).headers.allow, "GET");
  });

  it("tells its own port from others", async () => {
    const port = new URL(kubelet).port;
    assert.equal((await rest(admin, "GET", `/api/v1/nodes/node-1:${port}/proxy/healthz`)).code, 200);
    assert.equal(
      (await rest(admin, "GET", "/api/v1/nodes/node-1:9/proxy/healthz")).json.message,
      "address not allowed",
    );
  });

  it("lets scrapers in by their token, for what they may see", async () => {
    const { code, text } = await direct("/metrics/resource", scraper);
    assert.equal(code, 200, text);
    assert.match(text, /^node_memory_working_set_bytes \d+ \d{13}$/m);
    assert.deepEqual(await direct("/pods", scraper), {
      code: 403,
      text: "Forbidden (user=system:serviceaccount:default:scraper, verb=get, resource=nodes, subresource(s)=[pods proxy])\n",
    });
    assert.equal((await direct("/metrics", nobody)).code, 403);
    assert.deepEqual(await direct("/metrics", "made-up"), { code: 401, text: "Unauthorized" });
    assert.deepEqual(await direct("/metrics", ""), { code: 401, text: "Unauthorized" });
    assert.equal((await direct("/nothing", "")).code, 404);
  });

  it("lets in who holds a certificate of the cluster's, and nobody by one of another's", async () => {
    const { certPem: cert, keyPem: key } = admin;
    assert.equal((await direct("/pods", "", { cert, key })).code, 200);
    const user = await server.connection("rest", "somebody");
    assert.equal((await direct("/pods", "", { cert: user.certPem, key: user.keyPem })).code, 403);
  });

  it("speaks HTTP/2 beside gRPC", async () => {
    const session = connectHttp2(kubelet, { ca: server.caPem, servername: "node-1" });
    const stream = session.request({ ":path": "/metrics/resource", authorization: `Bearer ${scraper}` });
    const [headers] = (await once(stream, "response")) as [{ ":status": number }];
    const text = Buffer.concat(await stream.toArray()).toString();
    session.close();
    assert.equal(headers[":status"], 200);
    assert.match(text, /resource_scrape_error 0/);
    const { bytes } = await rest(admin, "GET", "/api/v1/namespaces/default/pods/web/log");
    assert.equal(String(bytes), "one\ntwo\n");
  });

  it("forwards ports over a WebSocket", async () => {
    const echo = createServer((connection) => connection.pipe(connection)).listen(0, "127.0.0.1");
    await once(echo, "listening");
    const { port } = echo.address() as AddressInfo;
    const { certPem: cert, keyPem: key } = admin;
    const url = `${kubelet.replace("https", "wss")}/portForward/default/web?port=${port}`;
    const tls = { ca: server.caPem, servername: "node-1", cert, key };
    const socket = new WebSocket(url, "v4.channel.k8s.io", tls);
    const messages: Buffer[] = [];
    socket.on("message", (data: Buffer) => messages.push(data));
    await once(socket, "open");
    socket.send(Buffer.from("\u0000hello"));
    await eventually("the port answers", async () => messages.some((data) => String(data) === "\u0000hello"));
    socket.close();
    echo.close();
    assert.deepEqual(messages.slice(0, 2), [
      Buffer.of(0, port & 0xff, port >> 8),
      Buffer.of(1, port & 0xff, port >> 8),
    ]);
    const { text } = await direct("/portForward/default/none", "", { cert, key });
    assert.equal(text, "pod does not exist");
  });

  it("runs commands over a WebSocket", async () => {
    const url = `${kubelet.replace("https", "wss")}/exec/default/web/app?output=1&command=echo&command=hi`;
    const { certPem: cert, keyPem: key } = admin;
    const tls = { ca: server.caPem, servername: "node-1", cert, key };
    const socket = new WebSocket(url, "v4.channel.k8s.io", tls);
    const messages: string[] = [];
    socket.on("message", (data: Buffer) => messages.push(String(data)));
    await once(socket, "close");
    assert.deepEqual(
      messages.filter((text) => text.length > 1),
      [
        "\u0001echo hi\n",
        `\u0003${JSON.stringify({ apiVersion: "v1", kind: "Status", metadata: {}, status: "Success" })}`,
      ],
    );
  });
});
