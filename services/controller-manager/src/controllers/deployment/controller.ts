import { deepClone, deepEqual, labelSelectorFromObject, StatusError } from "@drydock/apimachinery";
import {
  type ControllerContext,
  defineController,
  type EventRecorder,
  type ReconcileResult,
  type Reconciler,
  splitKey,
} from "@drydock/client";
import {
  deployments,
  replicaSets,
  type V1Deployment,
  type V1PodTemplateSpec,
  type V1ReplicaSet,
} from "@drydock/kube-api";
import { controllerReference } from "../../pods/pod-from-template.ts";
import { controllerOf } from "../../pods/pod-state.ts";
import { deploymentStatus } from "./deployment-status.ts";
import { planProportional, planRollingUpdate, rolloutLimits, type Scaling, specReplicas, sum } from "./plan-rollout.ts";
import { canonicalJson, HASH_LABEL, templateHash } from "./template-hash.ts";

const REVISION = "deployment.kubernetes.io/revision";
const DESIRED = "deployment.kubernetes.io/desired-replicas";
const MAX = "deployment.kubernetes.io/max-replicas";
/** Not carried from a deployment to its sets. */
const OWN_ANNOTATIONS = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  REVISION,
  DESIRED,
  MAX,
  "deprecated.deployment.rollback.to",
]);

export const deployment = defineController({
  name: "deployment",
  primary: deployments,
  owns: [replicaSets],
  create: (context) => new DeploymentReconciler(context),
});

/** Moves a deployment's pods from old templates to the present one, a replica set a template. */
class DeploymentReconciler implements Reconciler {
  readonly #context: ControllerContext;
  readonly #events: EventRecorder;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#events = context.recorderFor("deployment-controller");
  }

  async reconcile(key: string): Promise<ReconcileResult | undefined> {
    const { namespace, name } = splitKey(key);
    const found = this.#context.informers.informer(deployments).lister.get(namespace, name);
    if (!found) return undefined;
    const sets = this.#setsOf(found);
    if (found.metadata.deletionTimestamp) {
      await this.#writeStatus(found, findNewSet(found, sets), sets);
      return undefined;
    }
    const newSet = found.spec?.paused ? findNewSet(found, sets) : await this.#ensureNewSet(found, sets);
    if (newSet === "collision") return { requeueAfterMs: 10 };
    const others = sets.filter(({ metadata }) => metadata.uid !== newSet?.metadata.uid);
    const all = newSet ? [...others, newSet] : others;
    const oldSets = others.sort(byAge);
    const scalings = this.#plan(found, newSet, oldSets);
    const after = await this.#scale(found, all, scalings);
    await this.#cleanUp(found, newSet, oldSets);
    await this.#writeStatus(
      found,
      after.find(({ metadata }) => metadata.uid === newSet?.metadata.uid),
      after,
    );
    return this.#nextDeadline(found);
  }

  #setsOf({ metadata }: V1Deployment): V1ReplicaSet[] {
    return this.#context.informers
      .informer(replicaSets)
      .lister.list(metadata.namespace)
      .filter((set) => controllerOf(set)?.uid === metadata.uid);
  }

  #plan(found: V1Deployment, newSet: V1ReplicaSet | undefined, oldSets: readonly V1ReplicaSet[]): Scaling[] {
    const desired = found.spec?.replicas ?? 0;
    const active = [newSet, ...oldSets].filter(
      (set): set is V1ReplicaSet => set !== undefined && specReplicas(set) > 0,
    );
    const isResized = active.some(
      ({ metadata }) =>
        metadata.annotations?.[DESIRED] !== undefined && Number(metadata.annotations[DESIRED]) !== desired,
    );
    if (found.spec?.paused || (isResized && active.length > 1)) {
      if (active.length === 1 && active[0])
        return specReplicas(active[0]) === desired ? [] : [{ replicaSet: active[0], replicas: desired }];
      return isResized ? planProportional(found, active) : [];
    }
    if (!newSet) return [];
    if (found.spec?.strategy?.type !== "Recreate") return planRollingUpdate(found, newSet, oldSets);
    const down = oldSets.filter((set) => specReplicas(set) > 0).map((replicaSet) => ({ replicaSet, replicas: 0 }));
    if (down.length > 0) return down;
    const isClear = sum(oldSets, (set) => set.status?.replicas ?? 0) === 0;
    return isClear && specReplicas(newSet) !== desired ? [{ replicaSet: newSet, replicas: desired }] : [];
  }

  /** The set of the present template, with its revision right; made when there is none. */
  async #ensureNewSet(found: V1Deployment, sets: readonly V1ReplicaSet[]): Promise<V1ReplicaSet | "collision"> {
    const { client } = this.#context;
    const existing = findNewSet(found, sets);
    const others = sets.filter((set) => set !== existing);
    const last = Math.max(0, ...others.map(revisionOf));
    const revision = existing && revisionOf(existing) > last ? revisionOf(existing) : last + 1;
    await this.#writeRevision(found, revision);
    const annotations = annotationsFor(found, existing, revision);
    if (existing) {
      const isRight =
        deepEqual(existing.metadata.annotations, annotations) &&
        (existing.spec?.minReadySeconds ?? 0) === (found.spec?.minReadySeconds ?? 0);
      if (isRight) return existing;
      const spec = {
        ...existing.spec,
        ...(found.spec?.minReadySeconds ? { minReadySeconds: found.spec.minReadySeconds } : {}),
      } as V1ReplicaSet["spec"];
      return client.update(replicaSets, { ...existing, metadata: { ...existing.metadata, annotations }, spec });
    }
    return this.#createSet(found, sets, annotations);
  }

  async #createSet(
    found: V1Deployment,
    sets: readonly V1ReplicaSet[],
    annotations: Record<string, string>,
  ): Promise<V1ReplicaSet | "collision"> {
    const { client } = this.#context;
    const hash = templateHash(found.spec?.template, found.status?.collisionCount ?? 0);
    const template = deepClone(found.spec?.template) as V1PodTemplateSpec;
    const labels = { ...template.metadata?.labels, [HASH_LABEL]: hash };
    template.metadata = { ...template.metadata, labels } as NonNullable<V1PodTemplateSpec["metadata"]>;
    const { maxSurge } = rolloutLimits(found);
    const desired = found.spec?.replicas ?? 0;
    const room = desired + maxSurge - sum(sets, specReplicas);
    const isRecreate = found.spec?.strategy?.type === "Recreate";
    const replicas =
      isRecreate && sum(sets, (set) => set.status?.replicas ?? 0) > 0
        ? 0
        : Math.max(0, Math.min(desired, isRecreate ? desired : room));
    const set: V1ReplicaSet = {
      apiVersion: "apps/v1",
      kind: "ReplicaSet",
      metadata: {
        name: `${found.metadata.name}-${hash}`,
        namespace: found.metadata.namespace ?? "",
        labels,
        annotations,
        ownerReferences: [controllerReference(found)],
      },
      spec: {
        replicas,
        ...(found.spec?.minReadySeconds ? { minReadySeconds: found.spec.minReadySeconds } : {}),
        selector: { ...found.spec?.selector, matchLabels: { ...found.spec?.selector.matchLabels, [HASH_LABEL]: hash } },
        template,
      },
    };
    try {
      const created = await client.create(replicaSets, set);
      if (replicas > 0)
        this.#events.event(
          found,
          "Normal",
          "ScalingReplicaSet",
          `Scaled up replica set ${set.metadata.name} from 0 to ${replicas}`,
        );
      return created;
    } catch (error) {
      if (StatusError.from(error).reason !== "AlreadyExists") throw error;
      return this.#resolveCollision(found, set);
    }
  }

  /** The name is taken: by our own set that the cache does not show yet, or by another template with the same hash. */
  async #resolveCollision(found: V1Deployment, set: V1ReplicaSet): Promise<V1ReplicaSet | "collision"> {
    const { client } = this.#context;
    const other = await client.get(replicaSets, { namespace: set.metadata.namespace ?? "", name: set.metadata.name });
    if (controllerOf(other)?.uid === found.metadata.uid && sameTemplate(other, found)) return other;
    const status = { ...found.status, collisionCount: (found.status?.collisionCount ?? 0) + 1 };
    await client.updateStatus(deployments, { ...found, status });
    return "collision";
  }

  async #scale(
    found: V1Deployment,
    all: readonly V1ReplicaSet[],
    scalings: readonly Scaling[],
  ): Promise<V1ReplicaSet[]> {
    const { client } = this.#context;
    const result = new Map(all.map((set) => [set.metadata.uid, set]));
    for (const { replicaSet, replicas } of scalings) {
      const before = specReplicas(replicaSet);
      if (before === replicas) continue;
      const annotations = { ...replicaSet.metadata.annotations, ...sizeAnnotations(found) };
      const scaled = await client.update(replicaSets, {
        ...replicaSet,
        metadata: { ...replicaSet.metadata, annotations },
        spec: { ...replicaSet.spec, replicas } as V1ReplicaSet["spec"],
      });
      result.set(replicaSet.metadata.uid, scaled);
      const direction = replicas > before ? "up" : "down";
      this.#events.event(
        found,
        "Normal",
        "ScalingReplicaSet",
        `Scaled ${direction} replica set ${replicaSet.metadata.name} from ${before} to ${replicas}`,
      );
    }
    return [...result.values()];
  }

  /** Keeps as many old, empty sets as the history asks for. */
  async #cleanUp(
    found: V1Deployment,
    newSet: V1ReplicaSet | undefined,
    oldSets: readonly V1ReplicaSet[],
  ): Promise<void> {
    const limit = found.spec?.revisionHistoryLimit ?? 10;
    const isDone = newSet && (newSet.status?.availableReplicas ?? 0) >= (found.spec?.replicas ?? 0);
    if (!isDone) return;
    const empty = oldSets.filter(
      (set) => specReplicas(set) === 0 && (set.status?.replicas ?? 0) === 0 && !set.metadata.deletionTimestamp,
    );
    const surplus = [...empty]
      .sort((a, b) => revisionOf(a) - revisionOf(b))
      .slice(0, Math.max(0, empty.length - limit));
    for (const { metadata } of surplus)
      await this.#context.client
        .delete(replicaSets, { namespace: metadata.namespace ?? "", name: metadata.name })
        .catch(ignoreGone);
  }

  async #writeRevision(found: V1Deployment, revision: number): Promise<void> {
    if (found.metadata.annotations?.[REVISION] === String(revision)) return;
    const key = { namespace: found.metadata.namespace ?? "", name: found.metadata.name };
    await this.#context.client.patch(
      deployments,
      key,
      { metadata: { annotations: { [REVISION]: String(revision) } } },
      "application/merge-patch+json",
    );
  }

  async #writeStatus(
    found: V1Deployment,
    newSet: V1ReplicaSet | undefined,
    sets: readonly V1ReplicaSet[],
  ): Promise<void> {
    const status = deploymentStatus(found, newSet, sets, this.#context.clock.nowMs());
    if (deepEqual(status, found.status)) return;
    // Its own revision note may have made the cached version old: the status belongs to the spec that was seen.
    const key = { namespace: found.metadata.namespace ?? "", name: found.metadata.name };
    const removed = Object.keys(found.status ?? {}).filter((field) => !(field in status));
    const patch = {
      metadata: { uid: found.metadata.uid },
      status: { ...status, ...Object.fromEntries(removed.map((field) => [field, null])) },
    };
    await this.#context.client
      .patch(deployments, key, patch, "application/merge-patch+json", "status")
      .catch(ignoreGone);
  }

  /** A rollout that stands still must be looked at again when its deadline comes. */
  #nextDeadline({ spec, status }: V1Deployment): ReconcileResult | undefined {
    const progressing = status?.conditions?.find(({ type }) => type === "Progressing");
    if (spec?.progressDeadlineSeconds === undefined || progressing?.reason !== "ReplicaSetUpdated") return undefined;
    const dueMs = Date.parse(progressing.lastUpdateTime ?? "") + spec.progressDeadlineSeconds * 1000;
    return { requeueAfterMs: Math.max(1000, dueMs - this.#context.clock.nowMs() + 500) };
  }
}

function findNewSet(found: V1Deployment, sets: readonly V1ReplicaSet[]): V1ReplicaSet | undefined {
  return [...sets].sort(byAge).find((set) => sameTemplate(set, found));
}

/** Equal but for the hash label, which the controller added. */
function sameTemplate(set: V1ReplicaSet, found: V1Deployment): boolean {
  return canonicalJson(withoutHash(set.spec?.template)) === canonicalJson(withoutHash(found.spec?.template));
}

function withoutHash(template: V1PodTemplateSpec | undefined): unknown {
  const { [HASH_LABEL]: _, ...labels } = template?.metadata?.labels ?? {};
  const { name: _name, creationTimestamp: _time, ...metadata } = template?.metadata ?? { name: "" };
  return { ...template, metadata: { ...metadata, labels } };
}

function annotationsFor(
  found: V1Deployment,
  existing: V1ReplicaSet | undefined,
  revision: number,
): Record<string, string> {
  const own = Object.entries(found.metadata.annotations ?? {}).filter(([name]) => !OWN_ANNOTATIONS.has(name));
  return {
    ...existing?.metadata.annotations,
    ...Object.fromEntries(own),
    ...sizeAnnotations(found),
    [REVISION]: String(revision),
  };
}

function sizeAnnotations(found: V1Deployment): Record<string, string> {
  const desired = found.spec?.replicas ?? 0;
  return { [DESIRED]: String(desired), [MAX]: String(desired + rolloutLimits(found).maxSurge) };
}

function revisionOf({ metadata }: V1ReplicaSet): number {
  return Number(metadata.annotations?.[REVISION] ?? 0) || 0;
}

function byAge(a: V1ReplicaSet, b: V1ReplicaSet): number {
  return (a.metadata.creationTimestamp ?? "") < (b.metadata.creationTimestamp ?? "") ? -1 : 1;
}

function ignoreGone(error: unknown): void {
  if (StatusError.from(error).code !== 404) throw error;
}
