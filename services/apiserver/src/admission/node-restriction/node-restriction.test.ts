import assert from "node:assert/strict";
import type { V1Node, V1Pod } from "@drydock/kube-api";
import { mirrorPodProblem } from "./mirror-pod.ts";
import { forbiddenLabelChanges } from "./node-labels.ts";

describe("labels of nodes", () => {
  for (const [key, isForbidden] of [
    ["example.com/team", false],
    ["team", false],
    ["kubernetes.io/hostname", false],
    ["topology.kubernetes.io/zone", false],
    ["node.kubernetes.io/anything", false],
    ["x.node.kubernetes.io/anything", false],
    ["kubelet.kubernetes.io/anything", false],
    ["kubernetes.io/anything", true],
    ["node-role.kubernetes.io/control-plane", true],
    ["x.k8s.io/anything", true],
    ["node-restriction.kubernetes.io/fips", true],
    ["example.com.node-restriction.kubernetes.io/fips", true],
    ["notkubernetes.io/x", false],
  ] as const) {
    it(`${key} ${isForbidden ? "is not" : "is"} a kubelet's to set`, () => {
      const expected = isForbidden ? [key] : [];
      assert.deepEqual(forbiddenLabelChanges({ [key]: "a" }), expected);
      assert.deepEqual(forbiddenLabelChanges({}, { [key]: "a" }), expected);
      assert.deepEqual(forbiddenLabelChanges({ [key]: "a" }, { [key]: "b" }), expected);
      assert.deepEqual(forbiddenLabelChanges({ [key]: "a" }, { [key]: "a" }), []);
    });
  }
});

describe("pods that a node creates", () => {
  const stored: V1Node = { apiVersion: "v1", kind: "Node", metadata: { name: "n", uid: "u" } };
  const owner = { apiVersion: "v1", kind: "Node", name: "n", uid: "u", controller: true };
  const pod = (spec: object = {}, metadata: object = {}): V1Pod => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: "p",
      annotations: { "kubernetes.io/config.mirror": "x" },
      ownerReferences: [owner],
      ...metadata,
    },
    spec: { nodeName: "n", containers: [{ name: "c", image: "i" }], ...spec },
  });
  const volumes = (source: object) => ({ volumes: [{ name: "v", ...source }] });

  for (const [name, given, problem] of [
    ["a mirror", pod(), undefined],
    ["no mirror", pod({}, { annotations: {} }), /does not have "kubernetes.io\/config.mirror" annotation/],
    ["another node's", pod({ nodeName: "m" }), /spec.nodeName set to itself/],
    ["nobody's", pod({}, { ownerReferences: [] }), /with an owner reference set to itself/],
    ["owned twice", pod({}, { ownerReferences: [owner, owner] }), /with a single owner reference/],
    ["not controlled", pod({}, { ownerReferences: [{ ...owner, controller: false }] }), /controller owner reference/],
    ["an older node's", pod({}, { ownerReferences: [{ ...owner, uid: "o" }] }), /UID mismatch: expected o got u/],
    ["holding its owner", pod({}, { ownerReferences: [{ ...owner, blockOwnerDeletion: true }] }), /blockOwnerDeletion/],
    ["with an account", pod({ serviceAccountName: "a" }), /reference a service account$/],
    ["with a secret", pod(volumes({ secret: { secretName: "s" } })), /reference secrets$/],
    ["with a driver's secret", pod(volumes({ csi: { driver: "d", nodePublishSecretRef: { name: "s" } } })), /secrets$/],
    ["with a config map", pod(volumes({ configMap: { name: "c" } })), /reference configmaps$/],
    ["with a claim", pod(volumes({ persistentVolumeClaim: { claimName: "c" } })), /persistentvolumeclaims$/],
    ["with a device", pod({ resourceClaims: [{ name: "d" }] }), /reference resourceclaims$/],
  ] as const) {
    it(name, () => {
      const found = mirrorPodProblem("n", given, stored);
      if (problem === undefined) assert.equal(found, undefined);
      else assert.match(found ?? "", problem);
    });
  }
});
