import { deepEqual, labelSelectorFromObject, StatusError } from "@drydock/apimachinery";
import {
  type ControllerContext,
  defineController,
  defineIndex,
  defineWatch,
  type ReconcileResult,
} from "@drydock/client";
import { deployments, pods, replicaSets, type V1Deployment, type V1ReplicaSet } from "@drydock/kube-api";
import { claimObjects } from "../../owners/claim-objects.ts";
import { controllerIndex, controllerIndexValues, controllerOf, orphansOf } from "../../owners/controller-ref.ts";
import { isPodTerminal } from "../../pods/pod-state.ts";
import { revisionAnnotation } from "./annotations.ts";
import { executeWrites } from "./execute-writes.ts";
import { planRollout } from "./plan-rollout.ts";
import { deadlineInMs, planStatus } from "./plan-status.ts";
import { type RolloutView, viewRollout } from "./rollout-view.ts";

export const deployment = defineController({
  name: "deployment-controller",
  primary: deployments,
  owns: [replicaSets],
  watches: [
    // A Recreate rollout waits for the last old pod; its name leads back to the Deployment through the ReplicaSet's.
    defineWatch({
      resource: pods,
      keysFor: ({ metadata }) => {
        const owner = controllerOf({ apiVersion: "v1", kind: "Pod", metadata });
        const dash = owner?.name.lastIndexOf("-") ?? -1;
        return owner?.kind === "ReplicaSet" && dash > 0 ? [`${metadata.namespace}/${owner.name.slice(0, dash)}`] : [];
      },
    }),
  ],
  indexes: [
    defineIndex(replicaSets, controllerIndex, controllerIndexValues),
    defineIndex(pods, controllerIndex, controllerIndexValues),
  ],
  create: (context) => {
    const reconciler = new DeploymentReconciler(context);
    return { reconcile: (key) => reconciler.reconcile(key) };
  },
});

class DeploymentReconciler {
  readonly #context: ControllerContext;

  constructor(context: ControllerContext) {
    this.#context = context;
    context.informers.informer(deployments);
  }

  async reconcile(key: string): Promise<ReconcileResult | undefined> {
    const { informers, client, recorderFor } = this.#context;
    const found = informers.informer(deployments).lister.getByKey(key);
    if (!found) return undefined;
    const sets = await this.#claim(found);
    const view = viewRollout(found, sets);
    const writes = planRollout(view, this.#hasOldPods(view));
    const recorder = recorderFor("deployment-controller");
    const executed = await executeWrites({ client, recorder, deployment: found }, writes);
    const after = viewRollout(found, replaceWritten(sets, executed.written));
    const result = await this.#report(after, executed.note).catch(ignoreNotFound);
    if (executed.error !== undefined) throw executed.error;
    return result;
  }

  #claim(owner: V1Deployment): Promise<V1ReplicaSet[]> {
    const lister = this.#context.informers.informer(replicaSets).lister;
    return claimObjects({
      client: this.#context.client,
      ownerResource: deployments,
      owner,
      resource: replicaSets,
      selector: labelSelectorFromObject(owner.spec?.selector),
      objects: [
        ...lister.byIndex(controllerIndex, owner.metadata.uid ?? ""),
        ...lister.byIndex(controllerIndex, orphansOf(owner.metadata.namespace)),
      ],
    });
  }

  #hasOldPods(view: RolloutView): boolean {
    const lister = this.#context.informers.informer(pods).lister;
    return view.oldSets
      .flatMap(({ metadata }) => lister.byIndex(controllerIndex, metadata.uid ?? ""))
      .some((pod) => !isPodTerminal(pod));
  }

  async #report(view: RolloutView, note: Parameters<typeof planStatus>[1]): Promise<ReconcileResult | undefined> {
    const { client, clock } = this.#context;
    const current = await this.#ensureRevision(view);
    const status = planStatus(view, note, clock.nowMs());
    if (!deepEqual(status, withoutZeros(current.status)))
      await client.updateStatus(deployments, { ...current, status });
    const waitMs = deadlineInMs(current, status, clock.nowMs());
    return waitMs === undefined ? undefined : { requeueAfterMs: waitMs };
  }

  /** The Deployment shows the revision of its new ReplicaSet: `kubectl rollout` reads it there. */
  async #ensureRevision({ deployment: found, newSet }: RolloutView): Promise<V1Deployment> {
    const revision = newSet?.metadata.annotations?.[revisionAnnotation];
    if (!revision || found.metadata.annotations?.[revisionAnnotation] === revision) return found;
    const patch = { metadata: { annotations: { [revisionAnnotation]: revision } } };
    // Through the status, as upstream does: its own note must not look like a new wish.
    return this.#context.client.patch(deployments, found.metadata, patch, "application/merge-patch+json", "status");
  }
}

function replaceWritten(sets: readonly V1ReplicaSet[], written: readonly V1ReplicaSet[]): V1ReplicaSet[] {
  const names = new Set(written.map(({ metadata }) => metadata.name));
  return [...sets.filter(({ metadata }) => !names.has(metadata.name)), ...written];
}

function withoutZeros(status: V1Deployment["status"]): unknown {
  return Object.fromEntries(
    Object.entries(status ?? {}).filter(([key, value]) => key === "collisionCount" || value !== 0),
  );
}

/** Deleted while we looked: there is nothing to report on any more. */
function ignoreNotFound(error: unknown): undefined {
  if (StatusError.from(error).code !== 404) throw error;
  return undefined;
}
