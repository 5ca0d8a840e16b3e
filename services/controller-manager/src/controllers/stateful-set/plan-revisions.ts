import { deepClone, deepEqual } from "@drydock/apimachinery";
import {
  statefulSets,
  type V1ControllerRevision,
  type V1Pod,
  type V1PodTemplateSpec,
  type V1StatefulSet,
} from "@drydock/kube-api";
import { controllerRefTo } from "../../owners/controller-ref.ts";
import { canonicalJson, templateHash } from "../deployment/template-hash.ts";
import { revisionOf } from "./stateful-pod.ts";

const HASH_LABEL = "controller.kubernetes.io/hash";

export interface RevisionPlan {
  /** Of the set's template as it is: to be created, to be moved to the top of the history, or there. */
  readonly update: V1ControllerRevision;
  readonly step: "create" | "raise" | "none";
}

/** What `kubectl rollout` reads; the set's template is always the newest of the history. */
export function planRevision(
  set: V1StatefulSet,
  history: readonly V1ControllerRevision[],
  collisionCount: number | undefined,
): RevisionPlan {
  const data = revisionData(set);
  const inOrder = history.toSorted(byAge);
  const equal = inOrder.findLast((revision) => deepEqual(revision.data, data));
  const newest = inOrder.at(-1);
  const next = Number(newest?.revision ?? 0) + 1;
  if (equal && newest && deepEqual(newest.data, data)) return { update: newest, step: "none" };
  if (equal) return { update: { ...equal, revision: next }, step: "raise" };
  const template = set.spec?.template as V1PodTemplateSpec;
  const hash = templateHash(template, collisionCount);
  const update: V1ControllerRevision = {
    apiVersion: "apps/v1",
    kind: "ControllerRevision",
    metadata: {
      name: `${set.metadata.name}-${hash}`,
      namespace: set.metadata.namespace,
      labels: { ...template.metadata?.labels, [HASH_LABEL]: hash },
      annotations: set.metadata.annotations,
      ownerReferences: [controllerRefTo(statefulSets, set)],
    },
    data,
    revision: next,
  };
  return { update: deepClone(update), step: "create" };
}

/** What a revision keeps of a set: a patch that restores its template. */
export function revisionData(set: V1StatefulSet): object {
  return JSON.parse(canonicalJson({ spec: { template: { ...set.spec?.template, $patch: "replace" } } })) as object;
}

export function templateOf(revision: V1ControllerRevision): V1PodTemplateSpec {
  const { spec } = revision.data as { spec: { template: V1PodTemplateSpec & { $patch?: string } } };
  const { $patch: _, ...template } = spec.template;
  return template;
}

/** Revisions beyond the limit that nothing uses any more, the oldest first. */
export function surplusRevisions(
  set: V1StatefulSet,
  history: readonly V1ControllerRevision[],
  pods: readonly V1Pod[],
  live: readonly string[],
): V1ControllerRevision[] {
  const used = new Set([...live, ...pods.map(revisionOf)]);
  const unused = history.filter(({ metadata }) => !used.has(metadata.name)).sort(byAge);
  return unused.slice(0, Math.max(0, unused.length - (set.spec?.revisionHistoryLimit ?? 10)));
}

function byAge(a: V1ControllerRevision, b: V1ControllerRevision): number {
  const [first, second] = [a.metadata.creationTimestamp ?? "", b.metadata.creationTimestamp ?? ""];
  const age = Number(a.revision) - Number(b.revision) || (first < second ? -1 : first > second ? 1 : 0);
  return age || ((a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1);
}
