import assert from "node:assert/strict";
import type { V1IPAddress, V1Service } from "@drydock/kube-api";
import { ipAddressOf } from "./cluster-ips.ts";
import { planPortNotes } from "./plan-port-notes.ts";
import { planRepair } from "./plan-repair.ts";
import { PortSet } from "./port-set.ts";

const NOW_MS = Date.UTC(2026, 0, 1, 1);
const service = (name: string, clusterIP: string): V1Service => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace: "ns" },
  spec: { type: "ClusterIP", clusterIP, clusterIPs: [clusterIP] },
});
const address = (name: string, ip: string, ageSeconds = 3600, rest: object = {}): V1IPAddress => {
  const made = ipAddressOf(service(name, ip), ip);
  const creationTimestamp = new Date(NOW_MS - ageSeconds * 1000).toISOString();
  return { ...made, metadata: { ...made.metadata, creationTimestamp, ...rest } };
};
const ofGateway = (ip: string): V1IPAddress => ({
  ...address("a", ip),
  spec: { parentRef: { group: "gateway.networking.k8s.io", resource: "gateways", name: "g" } },
});

describe("the repair of cluster IPs", () => {
  const a = service("a", "10.0.0.1");
  const table: [string, V1Service[], V1IPAddress[], string[]][] = [
    ["nothing where all fits", [a, service("h", "None")], [address("a", "10.0.0.1")], []],
    ["makes what is missing", [a], [], ["create 10.0.0.1"]],
    ["makes anew what points at nobody", [a], [address("gone", "10.0.0.1")], ["recreate 10.0.0.1"]],
    ["makes anew what is no Service's", [a], [ofGateway("10.0.0.1")], ["recreate 10.0.0.1"]],
    ["makes anew what lost its labels", [a], [address("a", "10.0.0.1", 9, { labels: {} })], ["recreate 10.0.0.1"]],
    [
      "only tells of two Services of one address",
      [a, service("b", "10.0.0.1")],
      [address("a", "10.0.0.1")],
      ["report 10.0.0.1"],
    ],
    ["removes what leaked", [], [address("gone", "10.0.0.9", 61)], ["delete 10.0.0.9"]],
    ["waits for a Service that is being written", [], [address("new", "10.0.0.9", 59)], []],
    [
      "removes a second address of a Service",
      [a],
      [address("a", "10.0.0.1"), address("a", "10.0.0.9")],
      ["delete 10.0.0.9"],
    ],
    ["leaves alone what others manage", [], [address("x", "10.0.0.9", 99, { labels: {} })], []],
  ];
  for (const [what, services, addresses, expected] of table)
    it(what, () => {
      const plan = planRepair(services, addresses, NOW_MS);
      assert.deepEqual(
        plan.map(({ kind, ip }) => `${kind} ${ip}`),
        expected,
      );
    });
});

describe("what owners are told of node ports", () => {
  const ofPort = (name: string, nodePort: number): V1Service => ({
    ...service(name, "10.0.0.1"),
    spec: { type: "NodePort", ports: [{ port: 80, nodePort }] },
  });

  it("is that nobody has noted one, that two have it, or that it is none", () => {
    const taken = new PortSet({ first: 30_000, last: 30_100 }, [30_001]);
    const notes = planPortNotes(
      [ofPort("a", 30_001), ofPort("b", 30_001), ofPort("c", 30_002), ofPort("d", 80)],
      taken,
    );
    assert.deepEqual(
      notes.map(({ service: of, type, about }) => `${of.metadata.name} ${type} ${about.reason}: ${about.note}`),
      [
        "b duplicate PortAlreadyAllocated: Port 30001 was assigned to multiple services; please recreate service",
        "c repair PortNotAllocated: Port 30002 is not allocated; repairing",
        "d outOfRange PortOutOfRange: Port 80 is not within the port range 30000-30100; please recreate service",
      ],
    );
  });
});
