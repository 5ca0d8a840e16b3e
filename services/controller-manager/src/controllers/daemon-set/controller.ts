import { deepEqual, labelSelectorFromObject, StatusError } from "@drydock/apimachinery";
import {
  type ControllerContext,
  defineController,
  type EventRecorder,
  type Reconciler,
  splitKey,
} from "@drydock/client";
import {
  controllerRevisions,
  daemonSets,
  nodes,
  pods,
  type V1ControllerRevision,
  type V1DaemonSet,
  type V1Pod,
} from "@drydock/kube-api";
import { controllerReference, podFromTemplate } from "../../pods/pod-from-template.ts";
import { controllerOf, isPodActive, isPodAvailable, isPodReady } from "../../pods/pod-state.ts";
import { canonicalJson, templateHash } from "../deployment/template-hash.ts";
import { daemonTolerations, planDaemonPods } from "./plan-daemon-pods.ts";

const HASH_LABEL = "controller-revision-hash";

/** One pod on every node that fits. */
export const daemonSet = defineController({
  name: "daemon-set",
  primary: daemonSets,
  owns: [pods, controllerRevisions],
  create: (context) => new DaemonSetReconciler(context),
});

class DaemonSetReconciler implements Reconciler {
  readonly #context: ControllerContext;
  readonly #events: EventRecorder;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#events = context.recorderFor("daemonset-controller");
  }

  /** A change of any node concerns all daemon sets. */
  async run(signal: AbortSignal, enqueue: (key: string) => void): Promise<void> {
    const all = () => {
      for (const { metadata } of this.#context.informers.informer(daemonSets).lister.list())
        enqueue(`${metadata.namespace}/${metadata.name}`);
    };
    this.#context.informers.informer(nodes).addHandler({
      onAdd: all,
      onDelete: all,
      onUpdate: (node, old) => {
        if (!deepEqual(node.spec, old.spec) || !deepEqual(node.metadata.labels, old.metadata.labels)) all();
      },
    });
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  }

  async reconcile(key: string): Promise<undefined> {
    const { namespace, name } = splitKey(key);
    const { informers, clock } = this.#context;
    const found = informers.informer(daemonSets).lister.get(namespace, name);
    if (!found || found.metadata.deletionTimestamp) return;
    const hash = await this.#ensureRevision(found);
    const selector = labelSelectorFromObject(found.spec?.selector);
    const own = informers
      .informer(pods)
      .lister.list(namespace)
      .filter((pod) => controllerOf(pod)?.uid === found.metadata.uid && selector.matches(pod.metadata.labels ?? {}));
    const allNodes = informers.informer(nodes).lister.list();
    const plan = planDaemonPods(found, allNodes, own, hash, clock.nowMs());
    for (const node of plan.create) await this.#create(found, node, hash);
    for (const pod of plan.remove) await this.#remove(found, pod);
    await this.#writeStatus(found, own, plan.eligible, hash);
  }

  async #create(found: V1DaemonSet, nodeName: string, hash: string): Promise<void> {
    const pod = podFromTemplate(found, found.spec?.template);
    pod.metadata.labels = { ...pod.metadata.labels, [HASH_LABEL]: hash };
    const spec = pod.spec as NonNullable<V1Pod["spec"]>;
    spec.tolerations = [...(spec.tolerations ?? []), ...daemonTolerations];
    // The scheduler binds it, to this node and no other (upstream does the same by node affinity).
    const term = { matchFields: [{ key: "metadata.name", operator: "In", values: [nodeName] }] };
    spec.affinity = {
      ...spec.affinity,
      nodeAffinity: {
        ...spec.affinity?.nodeAffinity,
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] },
      },
    };
    try {
      const created = await this.#context.client.create(pods, pod);
      this.#events.event(found, "Normal", "SuccessfulCreate", `Created pod: ${created.metadata.name}`);
    } catch (error) {
      this.#events.event(found, "Warning", "FailedCreate", `Error creating: ${StatusError.from(error).message}`);
      throw error;
    }
  }

  async #remove(found: V1DaemonSet, pod: V1Pod): Promise<void> {
    const { namespace = "", name, uid = "" } = pod.metadata;
    await this.#context.client.delete(pods, { namespace, name }, { preconditions: { uid } }).catch(ignoreGone);
    this.#events.event(found, "Normal", "SuccessfulDelete", `Deleted pod: ${name}`);
  }

  /** A ControllerRevision for every template the set has had; returns the present one's hash. */
  async #ensureRevision(found: V1DaemonSet): Promise<string> {
    const { client, informers } = this.#context;
    const hash = templateHash(found.spec?.template, found.status?.collisionCount ?? 0);
    const own = informers
      .informer(controllerRevisions)
      .lister.list(found.metadata.namespace)
      .filter((revision) => controllerOf(revision)?.uid === found.metadata.uid);
    const data = { spec: { template: { ...found.spec?.template, $patch: "replace" } } };
    const newest = Math.max(0, ...own.map(({ revision }) => revision));
    const current = own.find(({ metadata }) => metadata.labels?.[HASH_LABEL] === hash);
    if (current && current.revision === newest && canonicalJson(current.data) === canonicalJson(data)) return hash;
    if (current) {
      await client.update(controllerRevisions, { ...current, revision: newest + 1 });
      return hash;
    }
    const revision: V1ControllerRevision = {
      apiVersion: "apps/v1",
      kind: "ControllerRevision",
      metadata: {
        name: `${found.metadata.name}-${hash}`,
        namespace: found.metadata.namespace ?? "",
        labels: { ...found.spec?.template?.metadata?.labels, [HASH_LABEL]: hash },
        ownerReferences: [controllerReference(found)],
      },
      data,
      revision: newest + 1,
    };
    await client.create(controllerRevisions, revision).catch((error: unknown) => {
      if (StatusError.from(error).reason !== "AlreadyExists") throw error;
    });
    return hash;
  }

  async #writeStatus(
    found: V1DaemonSet,
    own: readonly V1Pod[],
    eligible: ReadonlySet<string>,
    hash: string,
  ): Promise<void> {
    const active = own.filter(isPodActive);
    const on = (pod: V1Pod) => eligible.has(nodeOf(pod));
    const nowMs = this.#context.clock.nowMs();
    const availablePods = active.filter(
      (pod) => on(pod) && isPodAvailable(pod, found.spec?.minReadySeconds ?? 0, nowMs),
    ).length;
    const status = {
      currentNumberScheduled: active.filter(on).length,
      desiredNumberScheduled: eligible.size,
      numberMisscheduled: active.filter((pod) => !on(pod)).length,
      numberReady: active.filter((pod) => on(pod) && isPodReady(pod)).length,
      ...(found.metadata.generation === undefined ? {} : { observedGeneration: found.metadata.generation }),
      updatedNumberScheduled: active.filter((pod) => on(pod) && pod.metadata.labels?.[HASH_LABEL] === hash).length,
      numberAvailable: availablePods,
      numberUnavailable: eligible.size - availablePods,
    };
    if (deepEqual(status, found.status)) return;
    await this.#context.client.updateStatus(daemonSets, { ...found, status }).catch(ignoreGone);
  }
}

/** Where a pod is, or will be once it is bound. */
export function nodeOf({ spec }: V1Pod): string {
  const terms = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return spec?.nodeName ?? terms?.[0]?.matchFields?.[0]?.values?.[0] ?? "";
}

function ignoreGone(error: unknown): void {
  if (StatusError.from(error).code !== 404) throw error;
}
