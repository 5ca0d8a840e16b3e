import assert from "node:assert/strict";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { KubeObject } from "@drydock/apimachinery";
import { createAuthority, issueCertificate } from "@drydock/pki";
import { createMemoryRegistry, type MemoryRegistry } from "../../registry/memory-registry.ts";
import { callWebhook } from "./webhook-client.ts";

describe("a webhook behind a Service", () => {
  let memory: MemoryRegistry;
  let server: Server;
  let caBundle: string;
  const seen: { host?: string; path?: string } = {};

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
      Object.assign(seen, { host: request.headers.host, path: request.url });
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
    server?.close();
    memory?.stop();
  });

  const call = (service: { name: string; path?: string; port?: number }) =>
    callWebhook(memory.registry, { caBundle, service: { namespace: "default", port: 8443, ...service } }, {});

  it("is reached at an endpoint, by the name that its certificate bears", async () => {
    assert.deepEqual(await call({ name: "hook", path: "/convert" }), { ok: true });
    assert.deepEqual(seen, { host: "hook.default.svc:8443", path: "/convert?timeout=30s" });
  });

  it("is told of as Go's client does", async () => {
    await assert.rejects(call({ name: "hook", path: "/broken" }), /^Error: out of order$/);
    await assert.rejects(call({ name: "none" }), /service "none" not found/);
    await assert.rejects(call({ name: "hook", port: 1 }), /no service port 1 found for service "hook"/);
    const strange = callWebhook(memory.registry, { service: { namespace: "default", name: "hook", port: 8443 } }, {});
    await assert.rejects(strange, /^Error: Post "https:\/\/hook.default.svc:8443\/\?timeout=30s": .*certificate/);
  });
});
