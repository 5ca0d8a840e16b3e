import assert from "node:assert/strict";
import { createServer, type Server } from "node:https";
import { type AddressInfo, connect } from "node:net";
import type { KubeObject } from "@drydock/apimachinery";
import type { V1APIService } from "@drydock/kube-api";
import { createAuthority, issueCertificate } from "@drydock/pki";
import { createMemoryRegistry, type MemoryRegistry } from "../registry/memory-registry.ts";
import { RemoteConnections } from "./remote-connections.ts";

describe("a server of aggregated APIs in a pod", () => {
  let memory: MemoryRegistry;
  let server: Server;
  let apiService: V1APIService;
  const dialled: string[] = [];

  before(async () => {
    memory = await createMemoryRegistry();
    const authority = await createAuthority("extension-ca");
    const names = { commonName: "ext", usages: ["server" as const], subjectAltNames: ["ext.default.svc"] };
    const pair = await issueCertificate(authority, names);
    server = createServer({ cert: pair.certPem, key: pair.keyPem }, (_request, response) => response.end("hello"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const metadata = { name: "ext", namespace: "default" };
    await memory.put("", "services", {
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec: { clusterIP: "None", ports: [{ port: 443, targetPort: 8443 }] },
    } as KubeObject);
    await memory.put("discovery.k8s.io", "endpointslices", {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { ...metadata, labels: { "kubernetes.io/service-name": "ext" } },
      addressType: "IPv4",
      endpoints: [
        { addresses: ["10.244.0.7"], conditions: { ready: true }, targetRef: { kind: "Pod", name: "ext-0" } },
      ],
      ports: [{ name: "", port: 8443 }],
    } as KubeObject);
    apiService = {
      apiVersion: "apiregistration.k8s.io/v1",
      kind: "APIService",
      metadata: { name: "v1.example.com" },
      spec: {
        group: "example.com",
        version: "v1",
        groupPriorityMinimum: 1,
        versionPriority: 1,
        service: { ...metadata, port: 443 },
        caBundle: Buffer.from(authority.certPem).toString("base64"),
      },
    };
  });

  after(() => {
    server?.closeAllConnections();
    server?.close();
    memory?.stop();
  });

  const get = (changed: Partial<NonNullable<V1APIService["spec"]>>, isProbe: boolean) => {
    const connections = new RemoteConnections(memory.registry, {
      toEndpoints: true,
      clientPair: () => undefined,
      dialPod: ({ namespace, name }, port) => {
        dialled.push(`${namespace}/${name}:${port}`);
        return connect((server.address() as AddressInfo).port, "127.0.0.1");
      },
    });
    const { spec } = apiService as { spec: NonNullable<V1APIService["spec"]> };
    return connections.get({ ...apiService, spec: { ...spec, ...changed } }, "/apis", { timeoutMs: 5000, isProbe });
  };

  it("is reached through its kubelet, by the name that its certificate bears", async () => {
    assert.equal((await get({}, false)).body.toString(), "hello");
    assert.deepEqual(dialled, ["default/ext-0:8443"]);
  });

  it("is believed by its authority's word, and by none when nobody asks for that", async () => {
    const other = await createAuthority("other-ca");
    const caBundle = Buffer.from(other.certPem).toString("base64");
    await assert.rejects(get({ caBundle }, false), {
      message:
        'Get "https://10.244.0.7:8443/apis": tls: failed to verify certificate: x509: certificate signed by unknown authority',
    });
    assert.equal((await get({ caBundle }, true)).code, 200);
    assert.equal((await get({ caBundle: "", insecureSkipTLSVerify: true }, false)).code, 200);
  });
});
