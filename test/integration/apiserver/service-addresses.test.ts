import assert from "node:assert/strict";
import { eventsV1Events, ipAddresses, serviceCidrs, services } from "@drydock/kube-api";
import type { Connection } from "@drydock/pki";
import { type ApiServer, startApiServer } from "../loopback/api-server.ts";
import { eventually } from "../loopback/eventually.ts";
import { rest } from "../loopback/rest.ts";

const PATH = "/api/v1/namespaces/default/services";

interface Made {
  readonly code: number;
  readonly spec: { readonly clusterIP: string; readonly ports: readonly { readonly nodePort: number }[] };
  readonly message: string;
}

const serviceNamed = (name: string, spec: object = {}) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name },
  spec: { ports: [{ port: 80 }], ...spec },
});

describe("addresses of Services", function () {
  this.timeout(120_000);
  let server: ApiServer;
  let one: Connection;
  let two: Connection;

  before(async () => {
    // 14 addresses and 21 ports: small enough that two servers that draw at random meet.
    server = await startApiServer({
      flags: ["--service-cluster-ip-range=10.20.0.0/28", "--service-node-port-range=30000-30020"],
    });
    one = await server.connection("rest", "admin", ["system:masters"]);
    two = { ...one, server: await server.startAnother("apiserver-2", "127.0.0.2") };
    await eventually("the second answers", async () => (await rest(two, "GET", "/readyz")).code === 200, 60_000);
  });
  after(() => server.stop());

  const make = async (at: Connection, body: object, path = PATH): Promise<Made> => {
    const { code, json } = await rest(at, "POST", path, { body });
    return { ...(json as object), code } as Made;
  };
  const heldIps = async () => (await server.client.list(ipAddresses)).items.map(({ metadata }) => metadata.name).sort();

  it("come from the range that the flag names, as an object that two servers agree on", async () => {
    const cidr = await server.client.get(serviceCidrs, { name: "kubernetes" });
    assert.deepEqual(cidr.spec?.cidrs, ["10.20.0.0/28"]);
    assert.equal(cidr.status?.conditions?.[0]?.message, "Kubernetes default Service CIDR is ready");
    assert.deepEqual(await heldIps(), ["10.20.0.1"]);
    const held = await server.client.get(ipAddresses, { name: "10.20.0.1" });
    assert.deepEqual(held.spec?.parentRef, { resource: "services", namespace: "default", name: "kubernetes" });
    assert.deepEqual(held.metadata.labels, {
      "ipaddress.kubernetes.io/ip-family": "IPv4",
      "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io",
    });
  });

  it("are given out once, however many ask two servers at once", async () => {
    const made = await Promise.all(
      Array.from({ length: 13 }, (_, index) =>
        make(index % 2 === 0 ? one : two, serviceNamed(`s${index}`, { type: "NodePort" })),
      ),
    );
    assert.deepEqual(
      made.map(({ code }) => code),
      made.map(() => 201),
    );
    assert.equal(new Set(made.map(({ spec }) => spec.clusterIP)).size, 13);
    assert.equal(new Set(made.map(({ spec }) => spec.ports[0]?.nodePort)).size, 13);
    assert.equal((await heldIps()).length, 14);
  });

  it("run out in upstream's words, and more come with another ServiceCIDR", async () => {
    const full = await make(two, serviceNamed("full"));
    assert.deepEqual(
      [full.code, full.message],
      [500, "Internal error occurred: failed to allocate a serviceIP: range is full"],
    );
    const more = { apiVersion: "networking.k8s.io/v1", kind: "ServiceCIDR", metadata: { name: "more" } };
    const cidrs = await make(
      one,
      { ...more, spec: { cidrs: ["10.21.0.0/24"] } },
      "/apis/networking.k8s.io/v1/servicecidrs",
    );
    assert.equal(cidrs.code, 201);
    await eventually("the other server has it", async () => (await make(two, serviceNamed("full"))).code === 201);
    const { spec } = await server.client.get(services, { namespace: "default", name: "full" });
    assert.match(spec?.clusterIP ?? "", /^10\.21\.0\.\d+$/);
    const [, , , last] = (spec?.clusterIP ?? "").split(".").map(Number);
    assert.ok((last as number) > 16, "drawn from the upper part");
  });

  it("that are asked for are refused when they are taken or nobody's", async () => {
    const taken = await make(one, serviceNamed("taken", { clusterIP: "10.20.0.1" }));
    assert.deepEqual(
      [taken.code, taken.message],
      [
        422,
        'Service "taken" is invalid: spec.clusterIPs: Invalid value: ["10.20.0.1"]: failed to allocate IP 10.20.0.1: provided IP is already allocated',
      ],
    );
    const foreign = await make(one, serviceNamed("foreign", { clusterIP: "10.99.0.1" }));
    assert.match(
      foreign.message,
      /failed to allocate IP 10\.99\.0\.1: the provided network does not match the current range$/,
    );
    const port = await make(one, serviceNamed("port", { type: "NodePort", ports: [{ port: 80, nodePort: 29_999 }] }));
    assert.match(
      port.message,
      /spec\.ports\[0\]\.nodePort: Invalid value: 29999: provided port is not in the valid range/,
    );
    assert.equal((await heldIps()).length, 15, "what was taken on the way is given back");
  });

  it("are not taken by a dry run", async () => {
    const before = await heldIps();
    const dry = await make(one, serviceNamed("dry", { type: "NodePort" }), `${PATH}?dryRun=All`);
    assert.equal(dry.code, 201);
    assert.deepEqual(await heldIps(), before);
  });

  it("are free again when the Service changes or goes", async () => {
    const made = await make(one, serviceNamed("short", { type: "NodePort" }));
    const { clusterIP, ports } = made.spec;
    const external = await rest(two, "PATCH", `${PATH}/short`, {
      contentType: "application/merge-patch+json",
      body: {
        spec: { type: "ExternalName", externalName: "a.example", clusterIP: null, clusterIPs: null, ports: null },
      },
    });
    assert.equal(external.code, 200, JSON.stringify(external.json));
    assert.ok(!(await heldIps()).includes(clusterIP));
    const again = await make(
      two,
      serviceNamed("again", { clusterIP, type: "NodePort", ports: [{ port: 1, nodePort: ports[0]?.nodePort }] }),
    );
    assert.equal(again.code, 201, again.message);
    await rest(one, "DELETE", `${PATH}/again`);
    assert.ok(!(await heldIps()).includes(clusterIP));
  });

  it("are repaired when an IPAddress is lost", async () => {
    const { spec } = await server.client.get(services, { namespace: "default", name: "s0" });
    await server.client.delete(ipAddresses, { name: spec?.clusterIP as string });
    await server.processes.restart("apiserver");
    await eventually("it is back", async () => (await heldIps()).includes(spec?.clusterIP as string), 60_000);
    const { items } = await server.client.list(eventsV1Events, { namespace: "default" });
    const told = items.find(({ regarding }) => regarding?.name === "s0");
    assert.deepEqual(
      [told?.type, told?.reason, told?.action],
      ["Warning", "ClusterIPNotAllocated", "ClusterIPAllocation"],
    );
    assert.match(told?.note ?? "", /is not allocated; repairing$/);
    const admin = await server.connection("rest", "kubernetes-admin", ["system:masters"]);
    const metrics = (await rest(admin, "GET", "/metrics")).bytes.toString();
    assert.match(metrics, /^kube_apiserver_clusterip_allocator_allocated_ips\{cidr=".+"\} [1-9]/m);
    assert.match(metrics, /^kube_apiserver_nodeport_allocator_available_ports [1-9]/m);
    assert.match(metrics, /^apiserver_clusterip_repair_ip_errors_total\{type="repair"\} [1-9]/m);
  });
});
