import assert from "node:assert/strict";
import type { KubeObject } from "@drydock/apimachinery";
import { apiServices, configMaps, namespaces, services, type V1APIService } from "@drydock/kube-api";
import { createAuthority, issueCertificate } from "@drydock/pki";
import { type Cluster, startCluster } from "./cluster.ts";
import { CookieServer } from "./cookie-server.ts";
import { eventually } from "./eventually.ts";

const GROUP = "fortune.example.com";

describe("objects of other servers and the controllers", function () {
  this.timeout(60_000);
  let cluster: Cluster;
  let cookies: CookieServer;
  let port: number;

  before(async () => {
    const authority = await createAuthority("extension-ca");
    const { certPem, keyPem } = await issueCertificate(authority, {
      commonName: "cookies",
      subjectAltNames: ["cookies.default.svc"],
      usages: ["server"],
    });
    cookies = new CookieServer(certPem, keyPem);
    port = await cookies.start();
    cluster = await startCluster();
    const metadata = { name: "cookies", namespace: "default" };
    const spec = { type: "ExternalName", externalName: "localhost", ports: [{ port, name: "https" }] };
    await cluster.client.create(services, { apiVersion: "v1", kind: "Service", metadata, spec });
    await cluster.client.create(apiServices, {
      apiVersion: "apiregistration.k8s.io/v1",
      kind: "APIService",
      metadata: { name: `v1.${GROUP}` },
      spec: {
        group: GROUP,
        version: "v1",
        groupPriorityMinimum: 1000,
        versionPriority: 5,
        service: { ...metadata, port },
        caBundle: Buffer.from(authority.certPem).toString("base64"),
      },
    } as V1APIService);
    await eventually("the collector watches them", async () =>
      cookies.seen.some(
        ({ user, accept }) => user === "system:kube-controller-manager" && accept.includes("as=Partial"),
      ),
    );
  });

  after(async () => {
    cookies?.stop();
    await cluster?.stop();
  });

  afterEach(async function () {
    if (this.currentTest?.state !== "failed") return;
    for (const name of ["controller-manager", "apiserver"])
      console.error(`--- ${name}\n${(await cluster.logs(name)).slice(-3000)}`);
  });

  const createMap = (name: string, owner?: KubeObject) =>
    cluster.client.create(configMaps, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { namespace: "default", name, ...(owner && { ownerReferences: [ownerOf(owner)] }) },
    });

  it("are collected when their owners go, and their dependents when they go", async () => {
    const root = await createMap("root");
    const cookie = cookies.add("default", "middle", [ownerOf(root)]);
    await createMap("leaf", cookie as unknown as KubeObject);
    await cluster.client.delete(configMaps, { namespace: "default", name: "root" });
    await eventually("the cookie and what it owned are gone", async () => {
      const { items } = await cluster.client.list(configMaps, { namespace: "default" });
      return cookies.names.length === 0 && !items.some(({ metadata }) => metadata.name === "leaf");
    });
    assert.ok(
      cookies.seen.some(({ method, user }) => method === "DELETE" && user === "system:kube-controller-manager"),
    );
  });

  it("go with their namespace, which waits for a server that is away", async () => {
    await cluster.client.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: "full" } });
    cookies.add("full", "one");
    cookies.add("full", "two");
    cookies.stop();
    await cluster.client.delete(namespaces, { name: "full" });
    await eventually("the namespace says what it waits for", async () => {
      const { status } = await cluster.client.get(namespaces, { name: "full" });
      const waiting = status?.conditions?.filter(({ status: value }) => value === "True");
      return waiting?.some(({ message }) => message?.includes("fortune.example.com"));
    });
    const { names } = cookies;
    assert.deepEqual(names, ["full/one", "full/two"]);
    await cookies.start(port);
    await eventually("the namespace is gone", async () =>
      cluster.client.get(namespaces, { name: "full" }).then(
        () => false,
        ({ code }) => code === 404,
      ),
    );
    assert.deepEqual(cookies.names, []);
  });
});

function ownerOf({
  apiVersion,
  kind,
  metadata,
}: {
  apiVersion: string;
  kind: string;
  metadata: { name: string; uid?: string };
}) {
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? "" };
}
