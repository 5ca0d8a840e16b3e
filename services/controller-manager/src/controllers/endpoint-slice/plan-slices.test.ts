import assert from "node:assert/strict";
import type { V1EndpointSlice, V1Service } from "@drydock/kube-api";
import { type PodFixture, podFixture } from "../../pods/pod-fixture.ts";
import { planEndpoints } from "../endpoints/plan-endpoints.ts";
import { planSlices } from "./plan-slices.ts";

const service: V1Service = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web", namespace: "default", uid: "s", labels: { tier: "front" } },
  spec: {
    selector: { app: "web" },
    ports: [{ port: 80, targetPort: 8080 }],
    ipFamilies: ["IPv4"],
    clusterIP: "10.96.0.9",
  },
};
const ready = (name: string, ip: string, more: Partial<PodFixture> = {}) =>
  podFixture({ name, ip, node: "n1", isReady: true, ...more });

function plan(pods: ReturnType<typeof podFixture>[], slices: V1EndpointSlice[] = [], from = service) {
  return planSlices({ service: from, pods, slices, nodeOf: () => undefined });
}

/** What the server would hold after the plan. */
function created(pods: ReturnType<typeof podFixture>[], from = service): V1EndpointSlice[] {
  return plan(pods, [], from).create.map((slice, index) => ({
    ...slice,
    metadata: { ...slice.metadata, name: `web-${index}` },
  }));
}

describe("planSlices", () => {
  it("shows a ready pod with its address, port, node and reference", () => {
    const [slice] = plan([ready("a", "10.244.0.2")]).create;
    assert.deepEqual(slice?.endpoints, [
      {
        addresses: ["10.244.0.2"],
        conditions: { ready: true, serving: true, terminating: false },
        nodeName: "n1",
        targetRef: { kind: "Pod", namespace: "default", name: "a", uid: "uid-a" },
      },
    ]);
    assert.deepEqual(slice?.ports, [{ name: "", port: 8080, protocol: "TCP" }]);
    assert.deepEqual(slice?.metadata.labels, {
      tier: "front",
      "kubernetes.io/service-name": "web",
      "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
    });
    assert.equal(slice?.metadata.ownerReferences?.[0]?.kind, "Service");
  });

  const states: { what: string; pod: Partial<PodFixture>; publish?: boolean; expected: [boolean, boolean, boolean] }[] =
    [
      { what: "not ready", pod: { isReady: false }, expected: [false, false, false] },
      { what: "terminating but serving", pod: { deletedMs: 1 }, expected: [false, true, true] },
      { what: "published though not ready", pod: { isReady: false }, publish: true, expected: [true, true, false] },
    ];
  for (const { what, pod, publish, expected } of states) {
    it(`mirrors a pod that is ${what}`, () => {
      const from = { ...service, spec: { ...service.spec, publishNotReadyAddresses: publish ?? false } };
      const conditions = plan([ready("a", "10.244.0.2", pod)], [], from).create[0]?.endpoints?.[0]?.conditions;
      assert.deepEqual([conditions?.ready, conditions?.serving, conditions?.terminating], expected);
    });
  }

  it("leaves out pods without an address and finished ones, and keeps one empty slice", () => {
    const [slice, ...more] = plan([podFixture({ name: "a" }), ready("b", "10.244.0.3", { phase: "Failed" })]).create;
    assert.deepEqual([slice?.endpoints, more.length], [[], 0]);
  });

  it("changes nothing when nothing changed", () => {
    const pods = [ready("a", "10.244.0.2"), ready("b", "10.244.0.3")];
    assert.deepEqual(plan(pods, created(pods)), { create: [], update: [], delete: [] });
  });

  it("rewrites only the slice a change concerns; a slice holds 100", () => {
    const pods = Array.from({ length: 150 }, (_, index) => ready(`p${index}`, `10.244.1.${index}`));
    const slices = created(pods);
    assert.deepEqual(
      slices.map(({ endpoints }) => endpoints?.length),
      [100, 50],
    );
    const gone = slices[0]?.endpoints?.[0]?.targetRef?.uid;
    const rest = pods.filter(({ metadata }) => metadata.uid !== gone);
    const after = plan([...rest, ready("new", "10.244.2.1")], slices);
    assert.deepEqual(
      after.update.map(({ metadata }) => metadata.name),
      ["web-0"],
    );
    assert.deepEqual([after.create.length, after.delete.length], [0, 0]);
  });

  it("separates pods whose named port differs", () => {
    const from = { ...service, spec: { ...service.spec, ports: [{ name: "http", port: 80, targetPort: "web" }] } };
    const withPort = (name: string, ip: string, containerPort: number) => {
      const pod = ready(name, ip);
      if (pod.spec) pod.spec.containers = [{ name: "c", ports: [{ name: "web", containerPort }] }];
      return pod;
    };
    const slices = plan([withPort("a", "10.244.0.2", 80), withPort("b", "10.244.0.3", 8080)], [], from).create;
    assert.deepEqual(slices.map(({ ports }) => ports?.[0]?.port).sort(), [80, 8080]);
    assert.deepEqual(planEndpoints(from, [withPort("a", "10.244.0.2", 80)], undefined)?.subsets?.[0]?.ports, [
      { name: "http", port: 80, protocol: "TCP" },
    ]);
  });

  it("deletes slices left over", () => {
    const slices = created(Array.from({ length: 150 }, (_, index) => ready(`p${index}`, `10.244.1.${index}`)));
    const after = plan([], slices);
    assert.deepEqual([after.update.length, after.delete.length], [1, 1]);
  });
});

describe("planEndpoints", () => {
  it("sorts pods into ready and not ready, and drops terminating ones", () => {
    const pods = [
      ready("a", "10.244.0.2"),
      ready("b", "10.244.0.3", { isReady: false }),
      ready("c", "10.244.0.4", { deletedMs: 1 }),
    ];
    const planned = planEndpoints(service, pods, undefined);
    const [subset] = planned?.subsets ?? [];
    assert.deepEqual(
      subset?.addresses?.map(({ ip }) => ip),
      ["10.244.0.2"],
    );
    assert.deepEqual(
      subset?.notReadyAddresses?.map(({ ip }) => ip),
      ["10.244.0.3"],
    );
    assert.equal(planEndpoints(service, pods, planned), undefined);
  });
});
