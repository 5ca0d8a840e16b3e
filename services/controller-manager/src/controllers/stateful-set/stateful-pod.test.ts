import assert from "node:assert/strict";
import type { V1ControllerRevision, V1PodTemplateSpec, V1StatefulSet } from "@drydock/kube-api";
import { isStaleClaim, planClaimOwners } from "./plan-claim-owners.ts";
import { planRevision, surplusRevisions, templateOf } from "./plan-revisions.ts";
import { claimsOf, ordinalOf, statefulPod } from "./stateful-pod.ts";
import { statefulPodFixture, statefulSetFixture } from "./stateful-set-fixture.ts";

const claims = [{ apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name: "data", labels: { a: "b" } } }];
const template = (set: V1StatefulSet) => set.spec?.template as V1PodTemplateSpec;

describe("a pod of a set", () => {
  it("keeps its identity", () => {
    const volumes = [{ name: "data" }, { name: "other", emptyDir: {} }];
    const set = statefulSetFixture({
      volumeClaimTemplates: claims,
      template: { metadata: { labels: { app: "db" } }, spec: { containers: [], volumes } },
    });
    const { metadata, spec } = statefulPod(set, template(set), "db-1a", 4);
    assert.deepEqual([metadata.name, metadata.generateName], ["db-4", undefined]);
    assert.deepEqual(metadata.labels, {
      app: "db",
      "statefulset.kubernetes.io/pod-name": "db-4",
      "apps.kubernetes.io/pod-index": "4",
      "controller-revision-hash": "db-1a",
    });
    assert.deepEqual([spec?.hostname, spec?.subdomain], ["db-4", "db"]);
    const claim = { name: "data", persistentVolumeClaim: { claimName: "data-db-4", readOnly: false } };
    assert.deepEqual(spec?.volumes, [claim, { name: "other", emptyDir: {} }]);
    const [made] = claimsOf(set, 4);
    assert.deepEqual(made?.metadata, { name: "data-db-4", namespace: "default", labels: { a: "b", app: "db" } });
  });

  it("is known by its name", () => {
    const ordinals = ["db-0", "db-12", "db", "db-x", "other-0", "db-1-2"].map((name) =>
      ordinalOf(statefulSetFixture(), { metadata: { name } }),
    );
    assert.deepEqual(ordinals, [0, 12, undefined, undefined, undefined, undefined]);
  });
});

describe("a claim of a set", () => {
  const pod = statefulPodFixture("2");
  const owners = (whenDeleted: string, whenScaled: string, isCondemned: boolean, owned: string[] = []) => {
    const set = statefulSetFixture({ persistentVolumeClaimRetentionPolicy: { whenDeleted, whenScaled } });
    const ownerReferences = owned.map((uid) => ({ apiVersion: "v1", kind: "X", name: "x", uid }));
    const planned = planClaimOwners(set, pod, isCondemned, { ...claims[0], metadata: { ownerReferences } } as never);
    return planned?.map(({ uid }) => uid);
  };

  it("goes with what its set's policy says", () => {
    assert.deepEqual(owners("Retain", "Retain", true), undefined);
    assert.deepEqual(owners("Delete", "Retain", false), ["uid-db"]);
    assert.deepEqual(owners("Delete", "Retain", true, ["uid-db"]), undefined);
    assert.deepEqual(owners("Delete", "Delete", true, ["uid-db", "else"]), ["else", "uid-db-2"]);
    assert.deepEqual(owners("Retain", "Delete", true), ["uid-db-2"]);
    assert.deepEqual(owners("Retain", "Delete", false, ["uid-db-2"]), []);
  });

  it("is left to what else controls it", () => {
    const set = statefulSetFixture({ persistentVolumeClaimRetentionPolicy: { whenDeleted: "Delete" } });
    const other = { apiVersion: "v1", kind: "X", name: "x", uid: "else", controller: true };
    const ours = { ...other, uid: "uid-db" };
    const owned = (ownerReferences: object[]) => ({ ...claims[0], metadata: { ownerReferences } }) as never;
    assert.equal(planClaimOwners(set, pod, false, owned([other])), undefined);
    assert.deepEqual(planClaimOwners(set, pod, false, owned([other, ours])), [other]);
  });

  it("is not for a later pod of the same name", () => {
    const ownerReferences = [{ apiVersion: "v1", kind: "Pod", name: "db-2", uid: "earlier" }];
    const claim = { ...claims[0], metadata: { name: "c", ownerReferences } } as never;
    assert.equal(isStaleClaim(claim, "db-2", undefined), true);
    assert.equal(isStaleClaim(claim, "db-2", "earlier"), false);
    assert.equal(isStaleClaim(claim, "db-1", undefined), false);
  });
});

describe("the history of a set", () => {
  const first = planRevision(statefulSetFixture(), [], 0);
  const changed = statefulSetFixture({ template: { spec: { containers: [{ name: "c", image: "two" }] } } });

  it("begins with its template", () => {
    assert.equal(first.step, "create");
    assert.match(first.update.metadata.name ?? "", /^db-[a-z0-9]+$/);
    assert.equal(first.update.metadata.labels?.["controller.kubernetes.io/hash"], first.update.metadata.name?.slice(3));
    assert.deepEqual(templateOf(first.update), statefulSetFixture().spec?.template);
    assert.equal(planRevision(statefulSetFixture(), [first.update], 0).step, "none");
  });

  it("grows with each new one, and goes back to an old one", () => {
    const second = planRevision(changed, [first.update], 0);
    assert.deepEqual([second.step, second.update.revision], ["create", 2]);
    const back = planRevision(statefulSetFixture(), [first.update, second.update], 0);
    assert.deepEqual(
      [back.step, back.update.revision, back.update.metadata.name],
      ["raise", 3, first.update.metadata.name],
    );
  });

  it("names another where the name is taken", () => {
    const other = planRevision(statefulSetFixture(), [], 1);
    assert.notEqual(other.update.metadata.name, first.update.metadata.name);
  });

  it("forgets the oldest that nothing uses", () => {
    const revision = (name: string, number: number): V1ControllerRevision => ({
      ...first.update,
      metadata: { name },
      revision: number,
    });
    const history = [revision("c", 3), revision("old", 1), revision("b", 2), revision("d", 4)];
    const set = statefulSetFixture({ revisionHistoryLimit: 1 });
    const surplus = surplusRevisions(set, history, [statefulPodFixture("0o")], ["d"]);
    assert.deepEqual(
      surplus.map(({ metadata }) => metadata.name),
      ["b"],
    );
  });
});
