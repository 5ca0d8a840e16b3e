import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";
import { nodes, pods } from "@drydock/kube-api";
import { type ApiServer, startApiServer } from "../loopback/api-server.ts";
import { eventually } from "../loopback/eventually.ts";
import { AdmissionHook, jsonPatch } from "./admission-hook.ts";
import { type FakeKubelet, startFakeKubelet } from "./fake-kubelet.ts";
import { findKubectls, Kubectl } from "./kubectl.ts";

const map = (name: string, more = "") => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}${more}}\n`;

describe("admission webhooks, for the real kubectl", function () {
  this.timeout(60_000);
  let server: ApiServer;
  let kubectl: Kubectl;
  let hook: AdmissionHook;
  let kubelet: FakeKubelet;

  before(async () => {
    [server, hook, kubelet] = await Promise.all([
      startApiServer({ flags: ["--webhooks-through-kubelets"] }),
      AdmissionHook.start(["127.0.0.1", "hook.default.svc"]),
      startFakeKubelet(),
    ]);
    const binary = findKubectls()[0];
    assert.ok(binary);
    const config = await server.kubeconfig("rest", "admin", ["system:masters"]);
    kubectl = await Kubectl.create(binary, server.path("home"), config);
    await kubectl.ok("create serviceaccount default");
  });

  after(async () => {
    hook?.stop();
    kubelet?.stop();
    await server?.stop();
  });

  /** A pod on the one node, whose kubelet forwards its ports to loopback. */
  const runPod = async (name: string) => {
    const { client } = server;
    await client.create(nodes, { apiVersion: "v1", kind: "Node", metadata: { name: "node-1" } });
    const status = {
      addresses: [{ type: "InternalIP", address: "127.0.0.1" }],
      daemonEndpoints: { kubeletEndpoint: { Port: kubelet.port } },
    };
    await client.patch(nodes, { name: "node-1" }, { status }, "application/merge-patch+json", "status");
    const spec = { nodeName: "node-1", containers: [{ name: "c", image: "i" }] };
    await client.create(pods, { apiVersion: "v1", kind: "Pod", metadata: { name, namespace: "default" }, spec });
  };
  const configure = async (type: "Mutating" | "Validating", path: string, fields: string, url?: string) => {
    const target = url ?? `https://127.0.0.1:${hook.port}/${path}`;
    await apply(type, path, `clientConfig: {url: "${target}", caBundle: ${hook.caBundle}}\n  ${fields}`);
  };
  const apply = (type: string, name: string, fields: string) =>
    kubectl.ok(
      "apply -f -",
      `apiVersion: admissionregistration.k8s.io/v1
kind: ${type}WebhookConfiguration
metadata: {name: ${name}}
webhooks:
- name: ${name}.example.com
  admissionReviewVersions: [v1]
  sideEffects: None
  ${fields}
`,
    );
  const rules = (operations: string, resources: string) =>
    `rules: [{operations: [${operations}], apiGroups: ["*"], apiVersions: ["*"], resources: [${resources}]}]`;
  const selected = (name: string) => `objectSelector: {matchLabels: {test: ${name}}}`;
  const last = () => hook.reviews.at(-1)?.request;

  it("changes an object, and warns", async () => {
    hook.on("/mutate", () => ({
      ...jsonPatch({ op: "add", path: "/data", value: { from: "hook" } }),
      warnings: ["changed on its way"],
    }));
    await configure("Mutating", "mutate", `${rules("CREATE", "configmaps")}\n  ${selected("mutate")}`);
    const { stderr } = await kubectl.run("create -f -", map("mutated", ", labels: {test: mutate}"));
    assert.match(stderr, /Warning: changed on its way/);
    assert.equal(await kubectl.ok("get configmap mutated -o jsonpath={.data.from}"), "hook");
    assert.equal(last()?.userInfo.username, "admin");
    assert.equal(last()?.options?.["fieldManager"], "kubectl-create");
    const dry = await kubectl.ok(
      "create -f - --dry-run=server -o jsonpath={.data.from}",
      map("dry", ", labels: {test: mutate}"),
    );
    assert.equal(dry, "hook");
  });

  it("refuses creation, change and deletion in its own words", async () => {
    hook.on("/refuse", ({ request }) => ({
      allowed: false,
      status: { code: 403, reason: "Forbidden", message: `no ${request.operation}` },
    }));
    await kubectl.ok("create -f -", map("kept", ", labels: {test: refuse}"));
    await configure("Validating", "refuse", `${rules('"*"', "configmaps")}\n  ${selected("refuse")}`);
    const refused = async (command: string, stdin?: string) => (await kubectl.run(command, stdin)).stderr;
    const text = (operation: string) => `admission webhook "refuse.example.com" denied the request: no ${operation}`;
    assert.ok((await refused("create -f -", map("new", ", labels: {test: refuse}"))).includes(text("CREATE")));
    assert.ok((await refused("annotate configmap kept a=b")).includes(text("UPDATE")));
    assert.ok((await refused("delete configmap kept")).includes(text("DELETE")));
    assert.ok((await refused("delete configmap -l test=refuse")).includes(text("DELETE")));
    assert.equal(last()?.oldObject?.["kind"], "ConfigMap");
    await kubectl.ok("delete validatingwebhookconfiguration refuse");
  });

  it("is reached in a pod behind a Service, through the pod's kubelet and by the Service's name", async () => {
    hook.on("/service", () => jsonPatch({ op: "add", path: "/data", value: { by: "service" } }));
    await kubectl.ok("create service clusterip hook --clusterip=None --tcp=443");
    const client = `clientConfig: {service: {namespace: default, name: hook, path: /service}, caBundle: ${hook.caBundle}}`;
    await apply("Mutating", "service", `${client}\n  ${rules("CREATE", "configmaps")}\n  ${selected("service")}`);
    const create = async (name: string) =>
      (await kubectl.run("create -f -", map(name, ", labels: {test: service}"))).stderr;
    assert.match(
      await create("early"),
      /failed calling webhook "service.example.com": failed to call webhook: no endpoints/,
    );
    await kubectl.ok(
      "create -f -",
      `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: hook, labels: {kubernetes.io/service-name: hook}}
addressType: IPv4
endpoints: [{addresses: [10.244.1.5], conditions: {ready: true}, targetRef: {kind: Pod, namespace: default, name: hook}}]
ports: [{name: "443", port: ${hook.port}, protocol: TCP}]
`,
    );
    assert.match(await create("lost"), /pod "hook" not found/);
    await runPod("hook");
    assert.equal(await create("served"), "");
    assert.equal(await kubectl.ok("get configmap served -o jsonpath={.data.by}"), "service");
  });

  it("fails in the words of Go's client, or is passed over", async () => {
    const failing = async (name: string, fields: string, url?: string) => {
      await configure("Validating", name, `${rules("CREATE", "configmaps")}\n  ${selected(name)}\n  ${fields}`, url);
      const { stderr } = await kubectl.run("create -f -", map(name, `, labels: {test: ${name}}`));
      return stderr;
    };
    hook.on("/slow", () => undefined);
    assert.match(
      await failing("slow", "timeoutSeconds: 1"),
      /Internal error occurred: failed calling webhook "slow.example.com": failed to call webhook: Post "https:\/\/127.0.0.1:\d+\/slow\?timeout=1s": context deadline exceeded/,
    );
    assert.match(
      await failing("closed", "timeoutSeconds: 5", "https://127.0.0.1:1/"),
      /Post "https:\/\/127.0.0.1:1\/\?timeout=5s": dial tcp 127.0.0.1:1: connect: connection refused/,
    );
    assert.equal(await failing("ignored", "failurePolicy: Ignore", "https://127.0.0.1:1/"), "");
    await kubectl.ok("get configmap ignored");
  });

  it("is asked about subresources and connections", async () => {
    hook.on("/connect", () => ({ allowed: false, status: { message: "no shells here" } }));
    const connections = "pods/exec, pods/attach, pods/portforward, pods/proxy, services/proxy, nodes/proxy";
    const subresources = `${connections}, pods/eviction, deployments/scale, pods/binding`;
    await configure("Validating", "connect", rules("CONNECT, CREATE, UPDATE", subresources));
    await kubectl.ok("create deployment d --image=i");
    await kubectl.ok("run p --image=i");
    const words = /admission webhook "connect.example.com" denied the request: no shells here/;
    assert.match((await kubectl.run("exec p -- sh")).stderr, words);
    assert.deepEqual(
      [last()?.operation, last()?.kind.kind, last()?.subResource, last()?.object?.["command"]],
      ["CONNECT", "PodExecOptions", "exec", ["sh"]],
    );
    assert.match((await kubectl.run("scale deployment d --replicas=5")).stderr, words);
    assert.deepEqual([last()?.operation, last()?.object?.["kind"]], ["UPDATE", "Scale"]);
    const eviction = '{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"p","namespace":"default"}}';
    const path = "/api/v1/namespaces/default/pods/p/eviction";
    assert.match((await kubectl.run(`create --raw ${path} -f -`, eviction)).stderr, words);
    assert.deepEqual([last()?.operation, last()?.object?.["kind"]], ["CREATE", "Eviction"]);
    for (const [path, kind, options] of [
      ["namespaces/default/pods/p:80/proxy/a/", "PodProxyOptions", "/a/"],
      ["namespaces/default/services/https:s:/proxy", "ServiceProxyOptions", undefined],
      ["nodes/n/proxy/", "NodeProxyOptions", "/"],
    ] as const) {
      assert.match((await kubectl.run(`get --raw /api/v1/${path}`)).stderr, words);
      assert.deepEqual(
        [last()?.operation, last()?.kind.kind, last()?.subResource, last()?.object?.["path"]],
        ["CONNECT", kind, "proxy", options],
      );
    }
    await kubectl.ok("delete validatingwebhookconfiguration connect");
  });

  it("may take longer than a client has patience, who resets the connection", async () => {
    let asked = () => {};
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    hook.on("/hang", () => void asked());
    await configure("Validating", "hang", `${rules("CONNECT", "pods/exec")}\n  timeoutSeconds: 1`);
    const { server: url, caPem, certPem, keyPem } = await server.connection("rest", "admin", ["system:masters"]);
    const port = Number(new URL(url).port);
    const raw = connectTcp(port, "127.0.0.1");
    const socket = connectTls({ socket: raw, ca: caPem, cert: certPem, key: keyPem, host: "127.0.0.1" });
    socket.on("error", () => {});
    await once(socket, "secureConnect");
    const path = "/api/v1/namespaces/default/pods/p/exec?command=sh&stdout=true";
    const head = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13";
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: x\r\n${head}\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n\r\n`,
    );
    await isAsked;
    raw.resetAndDestroy();
    await kubectl.ok("delete validatingwebhookconfiguration hang");
    assert.match((await kubectl.run("create -f -", map("after"))).stdout, /created/);
  });

  it("concerns the components' writes too", async () => {
    hook.on("/nodes", () => ({ allowed: false, status: { message: "enough nodes" } }));
    await configure("Validating", "nodes", rules("CREATE", "nodes"));
    const node = { apiVersion: "v1", kind: "Node", metadata: { name: "n" } };
    await assert.rejects(server.client.create(nodes, node), /denied the request: enough nodes/);
    await kubectl.ok("delete validatingwebhookconfiguration nodes");
  });

  it("is counted", async () => {
    const metrics = await kubectl.ok("get --raw /metrics");
    const counted =
      /apiserver_admission_webhook_rejection_count\{name="slow.example.com",type="validating",operation="CREATE",error_type="calling_webhook_error",rejection_code="503"\} 1/;
    assert.match(metrics, counted);
    await eventually("durations", async () => /webhook_admission_duration_seconds_count\{name="mutate/.test(metrics));
  });
});
