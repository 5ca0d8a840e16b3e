import { badRequest, type KubeObject, StatusError } from "@drydock/apimachinery";
import type { V1Pod } from "@drydock/kube-api";
import { objectOf } from "../endpoints/call-body.ts";
import type { Call } from "../registry/call.ts";
import { type DeleteOptions, parseDeleteOptions } from "../registry/delete-options.ts";
import type { ResourceStore } from "../registry/registry.ts";
import { remove } from "../verbs/delete.ts";
import { get } from "../verbs/get.ts";
import { success } from "../verbs/outcome.ts";
import { budgetsOf, maySkipBudget, stillProcessed, takeDisruption } from "./disruption-budget.ts";
import { markDisrupted } from "./disruption-target.ts";
import { reviewSubresource } from "./review-subresource.ts";
import { isResource, type Subresource } from "./subresource.ts";

interface Eviction extends KubeObject {
  deleteOptions?: { dryRun?: readonly string[] };
}

/** Attempts while the pod or its budget changes under our hands. */
const ATTEMPTS_MAX = 20;

/** A delete that a PodDisruptionBudget can refuse. */
export const eviction = {
  name: "eviction",
  verbs: ["create"],
  appliesTo: (definition) => isResource(definition, "", "pods"),
  kind: {
    group: "policy",
    version: "v1",
    kind: "Eviction",
    schema: "io.k8s.api.policy.v1.Eviction",
    isPlain: true,
    // The group-version is gone, the message is still taken: kubectl up to 1.21 sends it.
    olderVersions: ["v1beta1"],
  },
  async run(_services, store, call) {
    const body = objectOf(call) as Eviction;
    if (body.metadata.name !== call.name) throw badRequest("name in URL does not match name in Eviction object");
    await reviewSubresource(store, call, eviction.kind, body, deleteOptionsOf(body, call).dryRun);
    const options = deleteOptionsOf(body, call);
    for (let attempt = 1; ; attempt++) {
      const pod = (await get(store, call.namespace, call.name, "", call.context.signal)).object as V1Pod;
      try {
        await evict(store, call, pod, options);
        return success(undefined, 201);
      } catch (error) {
        // A version that the client itself insists on is not tried again.
        const isRace = error instanceof StatusError && error.code === 409 && !options.preconditions?.resourceVersion;
        if (!isRace || attempt >= ATTEMPTS_MAX) throw error;
      }
    }
  },
} satisfies Subresource;

function deleteOptionsOf({ deleteOptions }: Eviction, call: Call): DeleteOptions {
  const options = parseDeleteOptions(deleteOptions, {});
  return { ...options, dryRun: options.dryRun || call.options.dryRun };
}

async function evict(store: ResourceStore, call: Call, pod: V1Pod, options: DeleteOptions): Promise<void> {
  const { namespace, name, context } = call;
  const go = async (by: DeleteOptions) => {
    const marked = await markDisrupted(store, pod, by, context);
    await remove(store, { namespace, name, context, isReviewed: true, options: marked });
  };
  const phase = pod.status?.phase;
  const isOver = phase === "Succeeded" || phase === "Failed" || pod.metadata.deletionTimestamp !== undefined;
  // Pods that serve nobody do not count; those not yet running must still not be, when they go.
  if (isOver) return go(options);
  const pinned = pinnedTo(pod, options);
  if (phase === "Pending") return go(pinned);

  const budgets = budgetsOf(store.registry, pod);
  if (budgets.length > 1) throw severalBudgets();
  const [budget] = budgets;
  if (!budget) return go(options);
  if (!maySkipBudget(pod, budget)) {
    await takeDisruption(store.registry, budget, name, options.dryRun, context);
    return go(options);
  }
  try {
    await go(pinned);
  } catch (error) {
    // It may have become ready meanwhile, and then it counts.
    if (error instanceof StatusError && error.code === 409 && !options.preconditions?.resourceVersion)
      throw stillProcessed(budget.metadata.name);
    throw error;
  }
}

function pinnedTo(pod: V1Pod, options: DeleteOptions): DeleteOptions {
  const { resourceVersion } = pod.metadata;
  if (options.preconditions?.resourceVersion || !resourceVersion) return options;
  return { ...options, preconditions: { ...options.preconditions, resourceVersion } };
}

function severalBudgets(): StatusError {
  return new StatusError({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
    code: 500,
  });
}
