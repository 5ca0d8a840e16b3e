import assert from "node:assert/strict";
import type { KubeObject } from "@drydock/apimachinery";
import { Admission } from "../admission/admission.ts";
import { nodeRestriction } from "../admission/node-restriction/node-restriction.ts";
import { createMemoryRegistry, type MemoryRegistry } from "../registry/memory-registry.ts";
import { create } from "../verbs/create.ts";
import { remove } from "../verbs/delete.ts";
import { update } from "../verbs/update.ts";
import { NodeAuthorizer } from "./node-authorizer.ts";

const kubelet = (node: string) => ({ name: `system:node:${node}`, groups: ["system:nodes", "system:authenticated"] });

const pod = (name: string, nodeName: string, spec: object = {}) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "default" },
  spec: { nodeName, containers: [{ name: "c", image: "x" }], ...spec },
});

describe("what a kubelet may read and write", () => {
  let memory: MemoryRegistry;
  let authorizer: NodeAuthorizer;

  beforeEach(async () => {
    memory = await createMemoryRegistry();
    memory.registry.admission = new Admission([nodeRestriction(memory.registry)]);
    authorizer = new NodeAuthorizer(memory.registry);
  });

  afterEach(() => memory.stop());

  const may = (verb: string, resource: string, name: string, more: object = {}) => {
    const [plural = "", subresource = ""] = resource.split("/");
    const attributes = {
      user: kubelet("node-1"),
      isResourceRequest: true,
      path: "",
      verb,
      group: "",
      resource: plural,
      subresource,
      namespace: "default",
      name,
      ...more,
    };
    return authorizer.authorize(attributes).verdict === "allow";
  };

  it("has an opinion about kubelets alone", () => {
    const ofNode = (value: string) => ({ fieldSelector: [{ path: "spec.nodeName", operator: "=" as const, value }] });
    assert.equal(may("list", "pods", "", ofNode("node-1")), true);
    assert.equal(may("list", "pods", "", ofNode("node-2")), false);
    assert.equal(may("list", "pods", ""), false);
    assert.equal(may("list", "services", ""), true);
    assert.equal(may("list", "services", "", { user: { name: "jane", groups: [] } }), false);
    assert.equal(may("list", "services", "", { user: { name: "system:node:node-1", groups: [] } }), false);
  });

  it("shows the claims and volumes of its own pods, and nobody else's CSINode is written", async () => {
    const volumes = (claimName: string) => ({ volumes: [{ name: "v", persistentVolumeClaim: { claimName } }] });
    await memory.put("", "pods", pod("mine", "node-1", volumes("mine")));
    await memory.put("", "pods", pod("other", "node-2", volumes("other")));
    for (const name of ["mine", "other"])
      await memory.put("", "persistentvolumeclaims", {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: { name, namespace: "default" },
        spec: {
          accessModes: ["ReadWriteOnce"],
          resources: { requests: { storage: "1Gi" } },
          volumeName: `pv-${name}`,
        },
      } as KubeObject);
    assert.equal(may("get", "persistentvolumeclaims", "mine"), true);
    assert.equal(may("get", "persistentvolumeclaims", "other"), false);
    assert.equal(may("list", "persistentvolumeclaims", ""), false);
    assert.equal(may("get", "persistentvolumes", "pv-mine", { namespace: "" }), true);
    assert.equal(may("get", "persistentvolumes", "pv-other", { namespace: "" }), false);

    const csiNode = (name: string) =>
      create(memory.registry.require("storage.k8s.io", "v1", "csinodes"), {
        namespace: "",
        object: { apiVersion: "storage.k8s.io/v1", kind: "CSINode", metadata: { name } },
        isDryRun: false,
        context: memory.contextOf(kubelet("node-1")),
      });
    await csiNode("node-1");
    await assert.rejects(csiNode("node-2"), /can only access CSINode with the same name as the requesting node/);
  });

  it("shows secrets and config maps of its own pods, wherever these name them", async () => {
    const uses: readonly [string, string, object][] = [
      ["secrets", "volume", { volumes: [{ name: "v", secret: { secretName: "volume" } }] }],
      ["configmaps", "volume", { volumes: [{ name: "v", configMap: { name: "volume" } }] }],
      [
        "secrets",
        "projected",
        { volumes: [{ name: "v", projected: { sources: [{ secret: { name: "projected" } }] } }] },
      ],
      ["secrets", "pull", { imagePullSecrets: [{ name: "pull" }] }],
      [
        "configmaps",
        "env",
        {
          containers: [
            { name: "c", image: "x", env: [{ name: "E", valueFrom: { configMapKeyRef: { name: "env", key: "k" } } }] },
          ],
        },
      ],
      ["secrets", "from", { initContainers: [{ name: "i", image: "x", envFrom: [{ secretRef: { name: "from" } }] }] }],
    ];
    for (const [index, [resource, name, spec]] of uses.entries()) {
      assert.equal(may("get", resource, name), false, `${resource} ${name} before`);
      await memory.put("", "pods", pod(`other-${index}`, "node-2", spec));
      assert.equal(may("get", resource, name), false, `${resource} ${name} of another node`);
      await memory.put("", "pods", pod(`own-${index}`, "node-1", spec));
      assert.equal(may("get", resource, name), true, `${resource} ${name}`);
      assert.equal(may("get", resource, name, { namespace: "other" }), false);
      assert.equal(may("update", resource, name), false);
      assert.equal(may("list", resource, ""), false);
    }
  });

  it("gives tokens for accounts of its own pods", async () => {
    assert.equal(may("create", "serviceaccounts/token", "robot"), false);
    await memory.put("", "pods", pod("p", "node-1", { serviceAccountName: "robot" }));
    assert.equal(may("create", "serviceaccounts/token", "robot"), true);
  });

  it("shows its own Node, and lets it write its status", () => {
    const at = { namespace: "" };
    assert.equal(may("get", "nodes", "node-1", at), true);
    assert.equal(may("get", "nodes", "node-2", at), false);
    assert.equal(may("watch", "nodes", "", at), false);
    assert.equal(may("patch", "nodes/status", "node-1", at), true);
    assert.equal(may("get", "nodes/proxy", "node-1", at), false);
  });

  it("lets it keep the slices and see the claims of its devices", async () => {
    const group = "resource.k8s.io";
    const slices = memory.registry.require(group, "v1", "resourceslices");
    const slice = (nodeName: string) => ({
      apiVersion: `${group}/v1`,
      kind: "ResourceSlice",
      metadata: { name: `slice-${nodeName}` },
      spec: { nodeName, driver: "d.example", pool: { name: "p", generation: 1, resourceSliceCount: 1 }, devices: [] },
    });
    const make = (nodeName: string, as: string) =>
      create(slices, {
        namespace: "",
        object: slice(nodeName),
        isDryRun: false,
        context: memory.contextOf(kubelet(as)),
      });
    await make("node-1", "node-1");
    await make("node-2", "node-2");
    await assert.rejects(make("node-2", "node-1"), /can only create ResourceSlice with the same NodeName/);
    const at = { group, namespace: "" };
    const ofNode = (value: string) => ({ ...at, fieldSelector: [{ path: "nodeName", operator: "=" as const, value }] });
    assert.equal(may("update", "resourceslices", "slice-node-1", at), true);
    assert.equal(may("update", "resourceslices", "slice-node-2", at), false);
    assert.equal(may("list", "resourceslices", "", ofNode("node-1")), true);
    assert.equal(may("list", "resourceslices", "", ofNode("node-2")), false);
    await memory.put("", "pods", pod("p", "node-1", { resourceClaims: [{ name: "d", resourceClaimName: "devices" }] }));
    assert.equal(may("get", "resourceclaims", "devices", { group }), true);
    assert.equal(may("get", "resourceclaims", "others", { group }), false);
  });

  it("lets it keep its own lease", () => {
    const lease = { group: "coordination.k8s.io", namespace: "kube-node-lease" };
    assert.equal(may("update", "leases", "node-1", lease), true);
    assert.equal(may("update", "leases", "node-2", lease), false);
    assert.equal(may("update", "leases", "node-1", { ...lease, namespace: "default" }), false);
  });

  it("restricts writes to its own node and pods", async () => {
    for (const name of ["node-1", "node-2"])
      await memory.put("", "nodes", { apiVersion: "v1", kind: "Node", metadata: { name } });
    await memory.put("", "pods", pod("mine", "node-1"));
    await memory.put("", "pods", pod("theirs", "node-2"));
    const context = memory.contextOf(kubelet("node-1"));
    const touch = (resource: string, namespace: string, name: string) =>
      update(memory.registry.require("", "v1", resource), {
        namespace,
        name,
        subresource: "status",
        isDryRun: false,
        context,
        mayCreate: "never",
        next: (current) => Object.assign(structuredClone(current as object), { status: { phase: "Running" } }) as never,
      });
    const end = (name: string) =>
      remove(memory.registry.require("", "v1", "pods"), {
        namespace: "default",
        name,
        options: { gracePeriodSeconds: 0, propagationPolicy: undefined, preconditions: undefined, dryRun: false },
        context,
      });
    await touch("nodes", "", "node-1");
    await assert.rejects(touch("nodes", "", "node-2"), /node "node-1" is not allowed to modify node "node-2"/);
    await touch("pods", "default", "mine");
    await assert.rejects(
      touch("pods", "default", "theirs"),
      /can only update pod status for pods with spec.nodeName set to itself/,
    );
    await assert.rejects(end("theirs"), /can only delete pods with spec.nodeName set to itself/);
    await end("mine");
  });
});
