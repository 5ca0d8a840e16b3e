import assert from "node:assert/strict";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { KubeObject } from "@drydock/apimachinery";
import { createAuthority, issueCertificate } from "@drydock/pki";
import { createMemoryRegistry, type MemoryRegistry } from "../registry/memory-registry.ts";
import { WebhookClient } from "./webhook-client.ts";

const options = { timeoutSeconds: 30 };

describe("a webhook behind a Service", () => {
  let memory: MemoryRegistry;
  let server: Server;
  let caBundle: string;
  const seen: { host?: string; path?: string; authorization?: string } = {};

  before(async () => {
    memory = await createMemoryRegistry();
    const authority = await createAuthority("webhooks");
    const pair = await issueCertificate(authority, {
      commonName: "hook",
      usages: ["server"],
      subjectAltNames: ["hook.default.svc"],
    });
    caBundle = Buffer.from(authority.certPem).toString("base64");
    server = createServer({ cert: pair.certPem, key: pair.keyPem }, (request, response) => {
      const { host, authorization } = request.headers;
      Object.assign(seen, { host, path: request.url, authorization });
      if (request.url?.startsWith("/slow")) return;
      if (request.url?.startsWith("/broken")) response.statusCode = 500;
      response.end(request.url?.startsWith("/broken") ? "out of order" : '{"ok":true}');
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await memory.put("", "services", {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "hook", namespace: "default" },
      spec: { clusterIP: "None", ports: [{ port: 8443, protocol: "TCP", targetPort: port }] },
    } as KubeObject);
    const slices = memory.registry.require("discovery.k8s.io", "v1", "endpointslices");
    const key = `${slices.cache.prefix}default/hook`;
    const slice = {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name: "hook", namespace: "default", labels: { "kubernetes.io/service-name": "hook" } },
      addressType: "IPv4",
      endpoints: [{ addresses: ["127.0.0.1"], conditions: { ready: true } }],
      ports: [{ name: "", port }],
    };
    const written = await memory.storage.create(key, new TextEncoder().encode(JSON.stringify(slice)));
    assert.ok(written.ok);
    await memory.registry.ports.feed.waitFor(written.revision);
  });

  after(() => {
    server?.closeAllConnections();
    server?.close();
    memory?.stop();
  });

  const call = (service: { name: string; path?: string; port?: number }) =>
    new WebhookClient(memory.registry).call(
      { caBundle, service: { namespace: "default", port: 8443, ...service } },
      {},
      options,
    );

  it("is reached at an endpoint, by the name that its certificate bears", async () => {
    assert.deepEqual(await call({ name: "hook", path: "/convert" }), { ok: true });
    assert.deepEqual(seen, { host: "hook.default.svc:8443", path: "/convert?timeout=30s", authorization: undefined });
  });

  it("is told of as Go's client does", async () => {
    const broken = /an error on the server \("out of order"\) has prevented the request from succeeding$/;
    await assert.rejects(call({ name: "hook", path: "/broken" }), broken);
    await assert.rejects(call({ name: "none" }), /service "none" not found/);
    await assert.rejects(call({ name: "hook", port: 1 }), /no service port 1 found for service "hook"/);
    const service = { namespace: "default", name: "hook", port: 8443 };
    await assert.rejects(new WebhookClient(memory.registry).call({ service }, {}, options), {
      message: `Post "https://hook.default.svc:8443/?timeout=30s": tls: failed to verify certificate: x509: certificate signed by unknown authority`,
    });
  });

  it("is told of by the reason that Go's client gives", async () => {
    const { port } = server.address() as AddressInfo;
    const post = (url: string, timeoutSeconds = 5) =>
      new WebhookClient(memory.registry).call({ url, caBundle }, {}, { timeoutSeconds });
    await assert.rejects(post(`https://127.0.0.1:${port}/x`), {
      message: `Post "https://127.0.0.1:${port}/x?timeout=5s": tls: failed to verify certificate: x509: cannot validate certificate for 127.0.0.1 because it doesn't contain any IP SANs`,
    });
    await assert.rejects(post("https://127.0.0.1:1/x"), {
      message: `Post "https://127.0.0.1:1/x?timeout=5s": dial tcp 127.0.0.1:1: connect: connection refused`,
    });
    const slow = new WebhookClient(memory.registry).call(
      { caBundle, service: { namespace: "default", name: "hook", port: 8443, path: "/slow" } },
      {},
      { timeoutSeconds: 0.1 },
    );
    await assert.rejects(slow, { message: /^Post ".*\/slow\?timeout=0.1s": context deadline exceeded$/ });
  });

  it("is shown who asks, by its name and the port of the Service", async () => {
    const asked: string[] = [];
    const credentialsOf = (hostPort: string) => {
      asked.push(hostPort);
      return { authorization: "Bearer known" };
    };
    const service = { namespace: "default", name: "hook", port: 8443 };
    await new WebhookClient(memory.registry).call({ service, caBundle }, {}, { ...options, credentialsOf });
    assert.deepEqual([asked, seen.authorization], [["hook.default.svc:8443"], "Bearer known"]);
  });
});
