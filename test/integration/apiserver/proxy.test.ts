import assert from "node:assert/strict";
import { once } from "node:events";
import { get } from "node:http";
import { gunzipSync } from "node:zlib";
import { endpoints, nodes, pods, serviceAccounts, services, type V1EndpointAddress } from "@drydock/kube-api";
import type { Connection } from "@drydock/pki";
import { WebSocket } from "ws";
import { type ApiServer, startApiServer } from "../loopback/api-server.ts";
import { eventually } from "../loopback/eventually.ts";
import { type RestRequest, rest } from "../loopback/rest.ts";
import { type FakeKubelet, startFakeKubelet } from "./fake-kubelet.ts";
import { findKubectls, Kubectl } from "./kubectl.ts";
import { type PodServer, startPodServer } from "./pod-server.ts";

const NAMESPACED = "/api/v1/namespaces/default";
const POD_IP = "10.244.0.7";

describe("the proxy subresources", function () {
  this.timeout(60_000);
  let server: ApiServer;
  let kubelet: FakeKubelet;
  let plain: PodServer;
  let secure: PodServer;
  let admin: Connection;
  let pod: string;

  before(async function () {
    this.timeout(90_000);
    [server, kubelet, plain, secure] = await Promise.all([
      startApiServer({ flags: ["--webhooks-through-kubelets"] }),
      startFakeKubelet(),
      startPodServer("http"),
      startPodServer("https"),
    ]);
    admin = await server.connection("rest", "kubernetes-admin", ["system:masters"]);
    const account = { name: "default", namespace: "default" };
    await server.client.create(serviceAccounts, { apiVersion: "v1", kind: "ServiceAccount", metadata: account });
    await createNode();
    await createPod("web", POD_IP);
    await createPod("inside", "127.0.0.1");
    await createService("web", [{ ip: POD_IP, targetRef: { kind: "Pod", name: "web", namespace: "default" } }]);
    await createService("empty", []);
    pod = `${NAMESPACED}/pods/web:${plain.port}/proxy`;
    await eventually("the pod is seen", async () => ((await ask("GET", `${pod}/`)).code === 200 ? true : undefined));
  });

  after(async () => {
    plain?.stop();
    secure?.stop();
    kubelet?.stop();
    await server?.stop();
  });

  const ask = (method: string, path: string, options: RestRequest = {}) => rest(admin, method, path, options);

  async function createNode(): Promise<void> {
    await server.client.create(nodes, { apiVersion: "v1", kind: "Node", metadata: { name: "node-1" } });
    const status = {
      addresses: [{ type: "InternalIP", address: "127.0.0.1" }],
      daemonEndpoints: { kubeletEndpoint: { Port: kubelet.port } },
    };
    await server.client.patch(nodes, { name: "node-1" }, { status }, "application/merge-patch+json", "status");
  }

  async function createPod(name: string, ip: string): Promise<void> {
    const metadata = { name, namespace: "default" };
    const spec = {
      nodeName: "node-1",
      automountServiceAccountToken: false,
      containers: [{ name: "web", image: "web", ports: [{ containerPort: plain.port }] }],
    };
    await server.client.create(pods, { apiVersion: "v1", kind: "Pod", metadata, spec });
    const status = { phase: "Running", podIP: ip, podIPs: [{ ip }] };
    await server.client.patch(pods, metadata, { status }, "application/merge-patch+json", "status");
  }

  async function createService(name: string, addresses: readonly V1EndpointAddress[]): Promise<void> {
    const metadata = { name, namespace: "default" };
    const ports = [
      { name: "plain", port: 80 },
      { name: "secure", port: 443 },
    ];
    await server.client.create(services, { apiVersion: "v1", kind: "Service", metadata, spec: { ports } });
    const portsBehind = [
      { name: "plain", port: plain.port },
      { name: "secure", port: secure.port },
    ];
    await server.client.create(endpoints, {
      apiVersion: "v1",
      kind: "Endpoints",
      metadata,
      subsets: addresses.length === 0 ? [] : [{ addresses: [...addresses], ports: portsBehind }],
    });
  }

  for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
    it(`pass ${method} on`, async () => {
      const withBody = ["POST", "PUT", "PATCH"].includes(method);
      const path = "/a%2Fb//c d/ü/".replaceAll(" ", "%20").replace("ü", "%C3%BC");
      const { code, headers, bytes } = await ask(method, `${pod}${path}?x=1&x=%20`, {
        ...(withBody && { body: "body of the client", contentType: "text/plain" }),
        headers: { Connection: "close, X-Hop", "X-Hop": "1", "X-Kept": "2", Authorization: "Bearer none" },
      });
      assert.equal(code, 200);
      assert.equal(headers["x-method"], method);
      if (method === "HEAD") return assert.equal(bytes.length, 0);
      const seen = JSON.parse(bytes.toString()) as { url: string; body: string; headers: Record<string, string> };
      assert.equal(seen.url, "/a/b/c%20d/%C3%BC/?x=1&x=%20");
      assert.equal(seen.body, withBody ? "body of the client" : "");
      const { "x-forwarded-uri": uri, "x-forwarded-for": from, "x-kept": kept, host } = seen.headers;
      assert.equal(uri, `${pod}/a/b/c%20d/%C3%BC/`);
      assert.match(from ?? "", /127\.0\.0\.1$/);
      assert.equal(kept, "2");
      assert.equal(host, new URL(admin.server).host);
      for (const dropped of ["authorization", "x-hop", "x-remote-user"])
        assert.equal(seen.headers[dropped], undefined, dropped);
    });

  it("lead to a pod's first port, and to a Service's by number and name, over TLS too", async () => {
    for (const [path, port] of [
      ["pods/web", plain.port],
      ["services/web:80", plain.port],
      ["services/web:plain", plain.port],
      ["services/https:web:443", secure.port],
      ["services/https:web:secure", secure.port],
      [`pods/https:web:${secure.port}`, secure.port],
    ] as const) {
      const { code, json } = await ask("GET", `${NAMESPACED}/${path}/proxy/`);
      assert.equal(code, 200, path);
      assert.equal(json["port"], port, path);
    }
  });

  it("redirect to a path that ends in a slash", async () => {
    const { code, headers } = await ask("GET", `${pod}?a=b`);
    assert.equal(code, 301);
    assert.equal(headers.location, `${pod}/?a=b`);
    assert.equal((await ask("POST", pod)).json["url"], "/");
  });

  it("lead redirects and links of pages through the proxy", async () => {
    const moved = await ask("GET", `${pod}/moved`);
    assert.equal(moved.code, 302);
    assert.equal(moved.headers.location, `${pod}/elsewhere?a=b`);
    for (const path of ["/page", "/zipped"]) {
      const { bytes, headers } = await ask("GET", `${pod}${path}`);
      const page = headers["content-encoding"] === "gzip" ? gunzipSync(bytes) : bytes;
      assert.equal(page.toString(), `<a href="${pod}/x">ü</a><img src="y">`, path);
      assert.equal(headers["access-control-allow-origin"], undefined);
    }
  });

  it("upgrade to a WebSocket and pass its messages", async () => {
    const url = `${admin.server.replace("https", "wss")}${pod}/socket`;
    const socket = new WebSocket(url, "chat", { ca: admin.caPem, cert: admin.certPem, key: admin.keyPem });
    await once(socket, "open");
    assert.equal(socket.protocol, "chat");
    const big = "x".repeat(300_000);
    for (const message of ["hello", big]) {
      const [answer] = await Promise.all([once(socket, "message"), socket.send(message)]);
      assert.equal(String(answer[0]), `echo ${message}`);
    }
    socket.close();
    await once(socket, "close");
  });

  it("say why they lead nowhere", async () => {
    for (const [path, code, message] of [
      ["pods/none/proxy/", 404, 'pods "none" not found'],
      ["pods/inside/proxy/", 400, "address not allowed"],
      ["pods/a:b:c:d/proxy/", 400, 'invalid pod request "a:b:c:d"'],
      ["services/none/proxy/", 404, 'services "none" not found'],
      ["services/empty:80/proxy/", 503, 'no endpoints available for service "empty"'],
      ["services/web:81/proxy/", 503, 'no service port 81 found for service "web"'],
    ] as const) {
      const { json } = await ask("GET", `${NAMESPACED}/${path}`);
      assert.deepEqual([json.kind, json.code, json.message], ["Status", code, message], path);
    }
    assert.equal((await ask("TRACE", `${pod}/`)).code, 405);
    assert.equal((await ask("GET", "/api/v1/nodes/node-1:9/proxy/")).json.message, "address not allowed");
  });

  it("say so when the target is gone, and break off what it had begun", async () => {
    const gone = await startPodServer("http");
    const path = `${NAMESPACED}/pods/web:${gone.port}/proxy`;
    const begun = ask("GET", `${path}/endless`);
    begun.catch(() => {});
    await eventually("the answer has begun", async () => gone.endless > 0 || undefined);
    gone.stop();
    await assert.rejects(begun);
    const { json } = await ask("GET", `${path}/`);
    assert.deepEqual([json.code, json.reason], [503, "ServiceUnavailable"]);
    assert.match(json.message ?? "", /^error trying to reach service: .*refused/i);
  });

  it("are the right of who may use the subresource by the method's verb", async () => {
    const nobody = await server.connection("rest", "nobody");
    const { json } = await rest(nobody, "POST", `${pod}/`, { body: "" });
    assert.equal(
      json.message,
      `pods "web:${plain.port}" is forbidden: User "nobody" cannot create resource "pods/proxy" in API group "" in the namespace "default"`,
    );
  });

  it("are told of in discovery", async () => {
    const { json } = await ask("GET", "/api/v1");
    const listed = (json["resources"] as { name: string; kind: string; verbs: string[] }[])
      .filter(({ name }) => name.endsWith("/proxy"))
      .map(({ name, kind, verbs }) => `${name} ${kind} ${verbs.join(" ")}`);
    const verbs = "create delete get patch update";
    assert.deepEqual(listed, [
      `nodes/proxy NodeProxyOptions ${verbs}`,
      `pods/proxy PodProxyOptions ${verbs}`,
      `services/proxy ServiceProxyOptions ${verbs}`,
    ]);
  });

  for (const [index, binary] of findKubectls().entries())
    it(`${binary.name} gets through, raw and by a proxy of its own`, async () => {
      const kubeconfig = await server.kubeconfig("rest", "kubernetes-admin", ["system:masters"]);
      const kubectl = await Kubectl.create(binary, server.path(`home-${index}`), kubeconfig);
      const raw = JSON.parse(await kubectl.ok(["get", "--raw", `${NAMESPACED}/services/web:80/proxy/a?b=c`]));
      assert.equal(raw.url, "/a?b=c");
      const proxy = kubectl.start("proxy --port=0");
      try {
        const [line] = await once(proxy.stdout ?? assert.fail(), "data");
        const own = /127\.0\.0\.1:\d+/.exec(String(line))?.[0] ?? assert.fail(String(line));
        const [answer] = await once(get(`http://${own}${pod}/page`), "response");
        const parts = await answer.toArray();
        assert.equal(Buffer.concat(parts).toString(), `<a href="${pod}/x">ü</a><img src="y">`);
      } finally {
        proxy.kill("SIGTERM");
      }
    });
});
