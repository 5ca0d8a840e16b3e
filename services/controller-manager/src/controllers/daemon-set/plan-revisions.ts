import { deepClone, deepEqual, parseExactJson } from "@drydock/apimachinery";
import { daemonSets, type V1ControllerRevision, type V1DaemonSet, type V1PodTemplateSpec } from "@drydock/kube-api";
import { controllerRefTo } from "../../owners/controller-ref.ts";
import { canonicalJson, templateHash } from "../deployment/template-hash.ts";
import { revisionHashLabel } from "./daemon-pod.ts";

export interface RevisionPlan {
  /** Of the set's present template. */
  readonly hash: string;
  readonly create?: V1ControllerRevision;
  readonly update?: V1ControllerRevision;
  readonly delete: readonly V1ControllerRevision[];
}

/** The history of templates that `kubectl rollout` reads: the present one has the highest revision; old ones beyond the limit go. */
export function planRevisions(set: V1DaemonSet, history: readonly V1ControllerRevision[]): RevisionPlan {
  // Upstream's tools compare these octet by octet with what they make of the set themselves.
  const data = parseExactJson(
    canonicalJson({ spec: { template: { ...set.spec?.template, $patch: "replace" } } }),
  ) as object;
  const inOrder = history.toSorted((a, b) => Number(a.revision) - Number(b.revision));
  // Somebody may have made another of the same template: the pods have the hash of the first.
  const current = inOrder.find((revision) => deepEqual(revision.data, data));
  const others = inOrder.filter((revision) => !deepEqual(revision.data, data));
  const next = Number(others.at(-1)?.revision ?? 0) + 1;
  const surplus = others.slice(0, Math.max(0, others.length - (set.spec?.revisionHistoryLimit ?? 10)));
  if (current) {
    const hash = current.metadata.labels?.[revisionHashLabel] ?? "";
    if (current.revision >= next) return { hash, delete: surplus };
    return { hash, update: { ...current, revision: next }, delete: surplus };
  }
  const hash = templateHash(set.spec?.template as V1PodTemplateSpec, set.status?.collisionCount);
  const create: V1ControllerRevision = {
    apiVersion: "apps/v1",
    kind: "ControllerRevision",
    metadata: {
      name: `${set.metadata.name}-${hash}`,
      namespace: set.metadata.namespace,
      labels: { ...set.spec?.template?.metadata?.labels, [revisionHashLabel]: hash },
      annotations: set.metadata.annotations,
      ownerReferences: [controllerRefTo(daemonSets, set)],
    },
    data,
    revision: next,
  };
  return { hash, create: deepClone(create), delete: surplus };
}
