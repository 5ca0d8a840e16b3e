import assert from "node:assert/strict";
import type { KubeObject } from "@drydock/apimachinery";
import { parseRequestInfo } from "../../http/request-info.ts";
import { createMemoryRegistry, type MemoryRegistry } from "../../registry/memory-registry.ts";
import { proxyTarget } from "./proxy-target.ts";

describe("the target of a proxied request", () => {
  let memory: MemoryRegistry;
  /** With its status, which nobody gives who creates. */
  const put = async (group: string, resource: string, object: object) => {
    const { cache } = memory.registry.require(group, "v1", resource);
    const stored = { apiVersion: group === "" ? "v1" : `${group}/v1`, ...object } as KubeObject;
    const { name, namespace } = stored.metadata;
    const key = `${cache.prefix}${namespace === undefined ? "" : `${namespace}/`}${name}`;
    const written = await memory.storage.create(key, new TextEncoder().encode(JSON.stringify(stored)));
    assert.ok(written.ok);
    await memory.registry.ports.feed.waitFor(written.revision);
  };
  const pod = (name: string, ip: string, ports: readonly number[]) =>
    put("", "pods", {
      kind: "Pod",
      metadata: { name, namespace: "ns" },
      spec: {
        containers: [
          { name: "a", image: "i" },
          { name: "b", image: "i", ports: ports.map((containerPort) => ({ containerPort })) },
        ],
      },
      status: ip === "" ? {} : { podIP: ip, podIPs: [{ ip }] },
    });
  const service = (name: string, addresses: readonly object[]) =>
    Promise.all([
      put("", "services", {
        kind: "Service",
        metadata: { name, namespace: "ns" },
        spec: { ports: [{ name: "web", port: 80, targetPort: 8080 }] },
      }),
      put("", "endpoints", {
        kind: "Endpoints",
        metadata: { name, namespace: "ns" },
        subsets: addresses.length === 0 ? [] : [{ addresses, ports: [{ name: "web", port: 8080 }] }],
      }),
    ]);
  const endpoint = (ip: string, podName: string) => ({
    ip,
    targetRef: { kind: "Pod", name: podName, namespace: "ns" },
  });
  const node = (name: string, address: string) =>
    put("", "nodes", {
      kind: "Node",
      metadata: { name },
      status: { addresses: [{ type: "InternalIP", address }], daemonEndpoints: { kubeletEndpoint: { Port: 10251 } } },
    });

  before(async () => {
    memory = await createMemoryRegistry();
    await pod("web", "10.0.0.7", [8080, 9090]);
    await pod("silent", "10.0.0.8", []);
    await pod("pending", "", [80]);
    await pod("inside", "127.0.0.1", [80]);
    await service("good", [endpoint("10.0.0.7", "web")]);
    await service("bare", [{ ip: "10.0.0.7" }]);
    await service("foreign", [{ ip: "10.0.0.7", targetRef: { kind: "Pod", name: "web", namespace: "other" } }]);
    await service("forged", [endpoint("10.0.0.9", "web")]);
    await service("empty", []);
    await put("", "services", { kind: "Service", metadata: { name: "lone", namespace: "ns" }, spec: { ports: [] } });
    await node("worker", "10.1.0.1");
    await node("looped", "127.0.0.1");
    await put("", "nodes", { kind: "Node", metadata: { name: "nowhere" } });
  });
  after(() => memory?.stop());

  const table: [string, string][] = [
    ["pods/web", "http 10.0.0.7:8080"],
    ["pods/web:9090", "http 10.0.0.7:9090"],
    ["pods/https:web:", "https 10.0.0.7:8080"],
    ["pods/silent", "http 10.0.0.8:80"],
    ["pods/https:silent:", "https 10.0.0.8:443"],
    ["pods/pending", "400 address not allowed"],
    ["pods/inside", "400 address not allowed"],
    ["pods/none", '404 pods "none" not found'],
    ["pods/ftp:web:21", '400 invalid pod request "ftp:web:21"'],
    ["pods/web:http", "503 error trying to reach service: dial tcp: lookup tcp/http: unknown port"],
    ["pods/web:99999", "503 error trying to reach service: dial tcp: address 99999: invalid port"],
    ["services/good:web", "http 10.0.0.7:8080"],
    ["services/https:good:80", "https 10.0.0.7:8080"],
    ["services/good", '503 no endpoints available for service "good"'],
    ["services/good:81", '503 no service port 81 found for service "good"'],
    ["services/good:admin", '503 no endpoints available for service "good:admin"'],
    ["services/bare:80", '503 no endpoints available for service "bare:80"'],
    ["services/forged:80", '503 no endpoints available for service "forged:80"'],
    ["services/foreign:80", '503 no endpoints available for service "foreign:80"'],
    ["services/empty:web", '503 no endpoints available for service "empty"'],
    ["services/lone", '404 services "lone" not found'],
    ["services/none:80", '404 services "none" not found'],
    ["services/a:b:c:d", '400 invalid service request "a:b:c:d"'],
    ["nodes/worker:9100", "http 10.1.0.1:9100"],
    ["nodes/worker", "https 10.1.0.1:10251"],
    ["nodes/http:worker:", "https 10.1.0.1:10251"],
    ["nodes/worker:10251", "https 10.1.0.1:10251"],
    ["nodes/looped", "https 127.0.0.1:10251"],
    ["nodes/nowhere", '500 no preferred addresses found for node "nowhere"'],
    ["nodes/looped:9100", "400 address not allowed"],
    ["nodes/none:9100", '404 nodes "none" not found'],
  ];
  for (const [asked, expected] of table)
    it(`of ${asked} is ${expected}`, () => {
      const scope = asked.startsWith("nodes/") ? "" : "namespaces/ns/";
      const info = parseRequestInfo("GET", `/api/v1/${scope}${asked}/proxy/`, new URLSearchParams());
      let found: string;
      try {
        const { scheme, host, port } = proxyTarget(memory.registry, info);
        found = `${scheme} ${host}:${port}`;
      } catch (error) {
        const { code, message } = error as { code: number; message: string };
        found = `${code} ${message}`;
      }
      assert.equal(found, expected);
    });
});
