import assert from "node:assert/strict";
import type { V1EndpointSlice, V1Service } from "@drydock/kube-api";
import { serviceChain } from "./chain-names.ts";
import { renderRules } from "./render-rules.ts";
import { collectServicePorts } from "./service-ports.ts";

const options = { nodeName: "node-1", clusterCidr: "10.244.0.0/16", masqueradeMark: "0x4000", existingChains: [] };

function service(spec: V1Service["spec"] & object): V1Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace: "default" },
    spec: { clusterIP: "10.96.7.7", ports: [{ port: 80 }], ...spec },
  };
}

function slice(endpoints: V1EndpointSlice["endpoints"]): V1EndpointSlice {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: "web-1", namespace: "default", labels: { "kubernetes.io/service-name": "web" } },
    addressType: "IPv4",
    ports: [{ port: 8080 }],
    endpoints,
  };
}

const two = [
  { addresses: ["10.244.1.5"], nodeName: "node-1", conditions: { ready: true } },
  { addresses: ["10.244.2.5"], nodeName: "node-2", conditions: { ready: true } },
];

function render(
  spec: V1Service["spec"] & object,
  endpoints: V1EndpointSlice["endpoints"],
  existingChains: string[] = [],
) {
  return renderRules(collectServicePorts([service(spec)], [slice(endpoints)]), { ...options, existingChains }).split(
    "\n",
  );
}

describe("renderRules", () => {
  it("names chains as upstream does", () => {
    // The chain of the `kubernetes` Service is the same in every cluster in the world.
    assert.equal(serviceChain("default/kubernetes:https", "TCP"), "KUBE-SVC-NPX46M4PTMTKRN6Y");
  });

  it("spreads a cluster IP evenly and masquerades hairpins and traffic from outside", () => {
    const lines = render({}, two);
    const chain = serviceChain("default/web", "TCP");
    assert.ok(
      lines.includes(
        `-A KUBE-SERVICES -m comment --comment "default/web cluster IP" -d 10.96.7.7/32 -p tcp -m tcp --dport 80 -j ${chain}`,
      ),
    );
    const picks = lines.filter((line) => line.startsWith(`-A ${chain} -m comment`));
    assert.match(
      picks[0] ?? "",
      /-> 10\.244\.1\.5:8080" -m statistic --mode random --probability 0\.5000000000 -j KUBE-SEP-/,
    );
    assert.match(picks[1] ?? "", /-> 10\.244\.2\.5:8080" -j KUBE-SEP-/);
    assert.equal(lines.filter((line) => line.includes("DNAT --to-destination")).length, 2);
    assert.equal(lines.filter((line) => /-s 10\.244\.\d\.5\/32 .* KUBE-MARK-MASQ/.test(line)).length, 2);
  });

  it("rejects where there is no endpoint, node port included", () => {
    const lines = render({ type: "NodePort", ports: [{ port: 80, nodePort: 30008 }] }, []);
    assert.equal(lines.filter((line) => line.endsWith("-j REJECT")).length, 2);
    assert.ok(!lines.some((line) => line.includes("DNAT")));
  });

  it("opens node ports", () => {
    const lines = render({ type: "NodePort", ports: [{ port: 80, nodePort: 30008 }] }, two);
    assert.ok(lines.some((line) => /^-A KUBE-NODEPORTS .*--dport 30008 -j KUBE-EXT-/.test(line)));
    assert.ok(
      lines.findIndex((line) => line.includes("-j KUBE-NODEPORTS")) >
        lines.findIndex((line) => line.includes("cluster IP")),
    );
  });

  it("keeps external traffic on the node with externalTrafficPolicy Local", () => {
    const lines = render(
      { type: "NodePort", externalTrafficPolicy: "Local", ports: [{ port: 80, nodePort: 30008 }] },
      two,
    );
    const local = lines.filter((line) => line.startsWith("-A KUBE-SVL-") && line.includes("->"));
    assert.equal(local.length, 1);
    assert.match(local[0] ?? "", /10\.244\.1\.5/);
  });

  it("uses serving endpoints that terminate only when there are no ready ones", () => {
    const terminating = {
      addresses: ["10.244.1.9"],
      nodeName: "node-1",
      conditions: { ready: false, serving: true, terminating: true },
    };
    assert.ok(render({}, [terminating]).some((line) => line.includes("10.244.1.9:8080")));
    assert.ok(!render({}, [...two, terminating]).some((line) => line.includes("10.244.1.9:8080")));
  });

  it("deletes chains that nothing needs any more", () => {
    const lines = render({}, two, ["KUBE-SVC-AAAAAAAAAAAAAAAA", serviceChain("default/web", "TCP")]);
    assert.deepEqual(
      lines.filter((line) => line.startsWith("-X")),
      ["-X KUBE-SVC-AAAAAAAAAAAAAAAA"],
    );
  });

  it("leaves headless and ExternalName Services alone", () => {
    assert.deepEqual(collectServicePorts([service({ clusterIP: "None" }), service({ type: "ExternalName" })], []), []);
  });

  it("remembers clients with session affinity", () => {
    const lines = render({ sessionAffinity: "ClientIP" }, two);
    assert.equal(lines.filter((line) => line.includes("--rcheck --seconds 10800")).length, 2);
    assert.equal(lines.filter((line) => line.includes("--set --rsource")).length, 2);
  });
});
