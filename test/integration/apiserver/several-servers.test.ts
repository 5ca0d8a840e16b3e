import assert from "node:assert/strict";
import { leases } from "@drydock/kube-api";
import type { Connection } from "@drydock/pki";
import { type ApiServer, startApiServer } from "../loopback/api-server.ts";
import { eventually } from "../loopback/eventually.ts";
import { rest } from "../loopback/rest.ts";

const ENDPOINTS = "/api/v1/namespaces/default/endpoints/kubernetes";

interface EndpointsBody {
  readonly subsets?: readonly { readonly addresses: readonly { readonly ip: string }[] }[];
}

describe("several apiservers of one store", function () {
  this.timeout(90_000);
  let server: ApiServer;
  let one: Connection;
  let two: Connection;

  before(async () => {
    server = await startApiServer();
    one = await server.connection("rest", "admin", ["system:masters"]);
    two = { ...one, server: await server.startAnother("apiserver-2", "127.0.0.2") };
    await eventually("the second answers", async () => (await rest(two, "GET", "/readyz")).code === 200, 60_000);
  });
  after(() => server.stop());

  const addresses = async () => {
    const { json } = await rest(one, "GET", ENDPOINTS);
    return (json as EndpointsBody).subsets?.[0]?.addresses.map(({ ip }) => ip);
  };

  it("are both endpoints of the Service kubernetes, each with a Lease", async () => {
    await eventually("both", async () => (await addresses())?.join() === "127.0.0.1,127.0.0.2", 20_000);
    const { items } = await server.client.list(leases, { namespace: "kube-system" });
    const own = items.filter(
      ({ metadata }) => metadata.labels?.["apiserver.kubernetes.io/identity"] === "kube-apiserver",
    );
    assert.equal(own.length, 2);
  });

  it("show each other's writes at once", async () => {
    for (let round = 0; round < 20; round++) {
      const [writer, reader] = round % 2 === 0 ? [one, two] : [two, one];
      const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: `seen-${round}` } };
      const made = await rest(writer, "POST", "/api/v1/namespaces/default/configmaps", { body });
      assert.equal(made.code, 201);
      const { json } = await rest(reader, "GET", "/api/v1/namespaces/default/configmaps");
      const names = (json as unknown as { items: { metadata: { name: string } }[] }).items.map((i) => i.metadata.name);
      assert.ok(names.includes(`seen-${round}`), `round ${round}`);
    }
  });

  it("lose the address of one that died", async () => {
    await server.processes.kill("apiserver-2");
    await eventually("one is left", async () => (await addresses())?.join() === "127.0.0.1", 40_000);
  });
});
