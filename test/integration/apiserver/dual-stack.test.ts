import assert from "node:assert/strict";
import { ipAddresses, serviceCidrs, type V1ServiceSpec } from "@drydock/kube-api";
import type { Connection } from "@drydock/pki";
import { type ApiServer, startApiServer } from "../loopback/api-server.ts";
import { rest } from "../loopback/rest.ts";

const PATH = "/api/v1/namespaces/default/services";

describe("Services of two families", function () {
  this.timeout(60_000);
  let server: ApiServer;
  let admin: Connection;

  before(async () => {
    server = await startApiServer({ flags: ["--service-cluster-ip-range=fd00:20::/112,10.20.0.0/24"] });
    admin = await server.connection("rest", "admin", ["system:masters"]);
  });
  after(() => server?.stop());

  const create = async (name: string, spec: object): Promise<V1ServiceSpec> => {
    const body = { apiVersion: "v1", kind: "Service", metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } };
    const { code, json } = await rest(admin, "POST", PATH, { body });
    assert.equal(code, 201, json.message);
    return json.spec as V1ServiceSpec;
  };
  const patch = async (name: string, spec: object) => {
    const contentType = "application/merge-patch+json";
    const { json } = await rest(admin, "PATCH", `${PATH}/${name}`, { contentType, body: { spec } });
    return { spec: (json.spec ?? {}) as V1ServiceSpec, message: json.message ?? "" };
  };
  const held = async () => {
    const { items } = await server.client.list(ipAddresses);
    return items.map(({ metadata }) =>
      [metadata.name, metadata.labels?.["ipaddress.kubernetes.io/ip-family"]].join(" "),
    );
  };

  it("have the first of the flag's by default, as the API server's own has", async () => {
    assert.deepEqual((await server.client.get(serviceCidrs, { name: "kubernetes" })).spec?.cidrs, [
      "fd00:20::/112",
      "10.20.0.0/24",
    ]);
    assert.deepEqual(await held(), ["fd00:20::1 IPv6"]);
    const { clusterIP, clusterIPs, ipFamilies, ipFamilyPolicy } = await create("single", { selector: { a: "b" } });
    assert.match(clusterIP ?? "", /^fd00:20::/);
    assert.deepEqual([clusterIPs, ipFamilies, ipFamilyPolicy], [[clusterIP], ["IPv6"], "SingleStack"]);
  });

  it("get, keep and give up a second address", async () => {
    const dual = await create("dual", {
      selector: { a: "b" },
      ipFamilyPolicy: "RequireDualStack",
      ipFamilies: ["IPv4"],
    });
    assert.deepEqual(dual.ipFamilies, ["IPv4", "IPv6"]);
    const [four = "", six = ""] = dual.clusterIPs ?? [];
    assert.equal(dual.clusterIP, four);
    assert.match(four, /^10\.20\.0\./);
    assert.match(six, /^fd00:20::/);
    const addresses = await held();
    assert.ok(addresses.includes(`${four} IPv4`) && addresses.includes(`${six} IPv6`));
    assert.match((await patch("dual", { ipFamilies: ["IPv4"] })).message, /must be 'SingleStack' to release/);
    const { spec } = await patch("dual", { ipFamilyPolicy: "SingleStack" });
    assert.deepEqual([spec.clusterIPs, spec.ipFamilies], [[four], ["IPv4"]]);
    assert.ok(!(await held()).includes(`${six} IPv6`));
    assert.ok((await held()).includes(`${four} IPv4`));
    const again = await patch("dual", { ipFamilyPolicy: "PreferDualStack" });
    assert.deepEqual([again.spec.clusterIP, again.spec.ipFamilies], [four, ["IPv4", "IPv6"]]);
    assert.equal((await rest(admin, "DELETE", `${PATH}/dual`)).code, 200);
    assert.ok(!(await held()).some((address) => again.spec.clusterIPs?.includes(address.split(" ")[0] ?? "")));
  });

  it("are held by the one way of writing their addresses", async () => {
    const { clusterIP } = await create("named", { clusterIP: "FD00:20:0::AB" });
    assert.equal(clusterIP, "FD00:20:0::AB");
    assert.ok((await held()).includes("fd00:20::ab IPv6"));
    const { json } = await rest(admin, "POST", PATH, {
      body: {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "other" },
        spec: { clusterIP: "fd00:20::ab", ports: [{ port: 80 }] },
      },
    });
    assert.match(json.message ?? "", /failed to allocate IP fd00:20::ab: provided IP is already allocated/);
  });
});
