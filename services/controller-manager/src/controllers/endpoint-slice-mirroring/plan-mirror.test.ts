import assert from "node:assert/strict";
import type { V1EndpointSlice, V1EndpointSubset, V1Endpoints } from "@drydock/kube-api";
import { isMirrored, planMirror } from "./plan-mirror.ts";

const NOTHING = { create: [], update: [], delete: [] };

function endpointsOf(subsets: V1EndpointSubset[], metadata: object = {}): V1Endpoints {
  return {
    apiVersion: "v1",
    kind: "Endpoints",
    metadata: { name: "db", namespace: "n", uid: "u", ...metadata },
    subsets,
  };
}

/** What the server would have stored of a plan. */
const stored = (slices: readonly V1EndpointSlice[]) =>
  slices.map((slice, index) => ({ ...slice, metadata: { ...slice.metadata, name: `db-${index}` } }));

const SUBSET = { addresses: [{ ip: "10.1.2.3" }], ports: [{ port: 80 }] };

describe("mirroring Endpoints into slices", () => {
  it("makes one slice for each set of ports and family, with what is ready and what is not", () => {
    const both = { ...SUBSET, notReadyAddresses: [{ ip: "10.1.2.4", hostname: "h", nodeName: "node-1" }] };
    const six = { addresses: [{ ip: "2001:db8::1" }], ports: [{ name: "m", port: 90, protocol: "UDP" }] };
    const { create, update, delete: gone } = planMirror(endpointsOf([both, six]), []);
    assert.deepEqual([update, gone], [[], []]);
    assert.deepEqual(
      create.map(({ addressType, ports, endpoints }) => ({ addressType, ports, endpoints })),
      [
        {
          addressType: "IPv4",
          ports: [{ name: "", protocol: "TCP", port: 80 }],
          endpoints: [
            { addresses: ["10.1.2.3"], conditions: { ready: true } },
            { addresses: ["10.1.2.4"], conditions: { ready: false }, hostname: "h", nodeName: "node-1" },
          ],
        },
        {
          addressType: "IPv6",
          ports: [{ name: "m", protocol: "UDP", port: 90 }],
          endpoints: [{ addresses: ["2001:db8::1"], conditions: { ready: true } }],
        },
      ],
    );
  });

  it("hands labels and annotations on, but for those about the Endpoints themselves", () => {
    const annotations = { note: "x", "kubectl.kubernetes.io/last-applied-configuration": "{}" };
    const [slice] = planMirror(endpointsOf([SUBSET], { labels: { app: "db" }, annotations }), []).create;
    assert.deepEqual(slice?.metadata.annotations, { note: "x" });
    assert.deepEqual(slice?.metadata.labels, {
      app: "db",
      "kubernetes.io/service-name": "db",
      "endpointslice.kubernetes.io/managed-by": "endpointslicemirroring-controller.k8s.io",
    });
    assert.deepEqual([slice?.metadata.generateName, slice?.metadata.ownerReferences?.[0]?.uid], ["db-", "u"]);
  });

  it("leaves a slice that is right, changes one that is not, deletes one that is of no use", () => {
    const slices = stored(planMirror(endpointsOf([SUBSET]), []).create);
    assert.deepEqual(planMirror(endpointsOf([SUBSET]), slices), NOTHING);
    const moved = planMirror(endpointsOf([{ ...SUBSET, addresses: [{ ip: "10.9.9.9" }] }]), slices);
    assert.deepEqual(
      moved.update.map(({ metadata, endpoints }) => [metadata.name, endpoints?.[0]?.addresses]),
      [["db-0", ["10.9.9.9"]]],
    );
    assert.deepEqual(planMirror(endpointsOf([]), slices), { ...NOTHING, delete: slices });
    const other = planMirror(endpointsOf([{ ...SUBSET, ports: [{ port: 81 }] }]), slices);
    assert.deepEqual([other.create.length, other.delete], [1, slices]);
  });

  it("mirrors at most a thousand addresses of a subset", () => {
    const addresses = Array.from({ length: 1100 }, (_, index) => ({ ip: `10.0.${index >> 8}.${index & 255}` }));
    assert.equal(planMirror(endpointsOf([{ ...SUBSET, addresses }]), []).create[0]?.endpoints?.length, 1000);
  });

  it("leaves out Endpoints that say so, and those that somebody leads by", () => {
    const skip = { labels: { "endpointslice.kubernetes.io/skip-mirror": "true" } };
    const leader = { annotations: { "control-plane.alpha.kubernetes.io/leader": "{}" } };
    assert.deepEqual(
      [{}, skip, leader].map((metadata) => isMirrored(endpointsOf([], metadata))),
      [true, false, false],
    );
  });
});
