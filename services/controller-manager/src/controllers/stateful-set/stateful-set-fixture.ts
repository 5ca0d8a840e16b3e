import type { V1Pod, V1StatefulSet, V1StatefulSetSpec, V1StatefulSetStatus } from "@drydock/kube-api";
import { type PodFixture, podFixture } from "../../pods/pod-fixture.ts";
import { REVISION_LABEL } from "./stateful-pod.ts";

/** A set called `db` for tests, as the server would have filled it in. */
export function statefulSetFixture(spec: Partial<V1StatefulSetSpec> = {}, status?: V1StatefulSetStatus): V1StatefulSet {
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name: "db", namespace: "default", uid: "uid-db", generation: 2 },
    spec: {
      replicas: 3,
      serviceName: "db",
      podManagementPolicy: "OrderedReady",
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 0 } },
      selector: { matchLabels: { app: "db" } },
      template: { metadata: { labels: { app: "db" } }, spec: { containers: [{ name: "c", image: "i" }] } },
      ...spec,
    },
    ...(status ? { status } : {}),
  };
}

/** `0` is a ready pod of the new revision; letters after the number change that: see the switch. */
export function statefulPodFixture(text: string): V1Pod {
  const [, ordinal, marks = ""] = /^(\d+)(.*)$/.exec(text) ?? [];
  const fixture: PodFixture = {
    name: `db-${ordinal}`,
    node: "n",
    isReady: !/[wfs]/.test(marks),
    phase: marks.includes("f") ? "Failed" : marks.includes("s") ? "Succeeded" : "Running",
    labels: { app: "db", [REVISION_LABEL]: marks.includes("o") ? "old" : "new" },
    ...(marks.includes("d") ? { deletedMs: 1 } : {}),
  };
  return podFixture(fixture);
}
