import { conflict } from "@drydock/apimachinery";
import type { V1Pod, V1PodCondition } from "@drydock/kube-api";
import { loopbackUser } from "../authentication/user-info.ts";
import type { CallContext } from "../registry/call.ts";
import type { DeleteOptions } from "../registry/delete-options.ts";
import { timestamp } from "../registry/object-meta.ts";
import type { ResourceStore } from "../registry/registry.ts";
import { update } from "../verbs/update.ts";

const TARGET = "DisruptionTarget";

/**
 * Notes on a pod that an eviction is why it goes, for those who look at how it ended. Returns the options to delete it by: what they
 * demand of its version holds for the one written here.
 */
export async function markDisrupted(
  store: ResourceStore,
  { metadata }: V1Pod,
  options: DeleteOptions,
  context: CallContext,
): Promise<DeleteOptions> {
  if (options.dryRun) return options;
  const { namespace = "", name } = metadata;
  const { stored } = await update(store, {
    namespace,
    name,
    subresource: "status",
    isDryRun: false,
    context: { ...context, user: loopbackUser, isComponent: true },
    mayCreate: "never",
    isReviewed: true,
    next(current) {
      const pod = current as V1Pod;
      assertPreconditions(pod, options);
      pod.status = { ...pod.status, conditions: withTarget(pod.status?.conditions ?? [], context.nowMs) };
      return pod;
    },
  });
  if (!options.preconditions?.resourceVersion) return options;
  return { ...options, preconditions: { ...options.preconditions, resourceVersion: String(stored.revision) } };
}

function withTarget(conditions: readonly V1PodCondition[], nowMs: number): V1PodCondition[] {
  const index = conditions.findIndex(({ type }) => type === TARGET);
  const existing = conditions[index];
  const isSince = existing?.status === "True" && existing.lastTransitionTime !== undefined;
  const condition: V1PodCondition = {
    type: TARGET,
    status: "True",
    reason: "EvictionByEvictionAPI",
    message: "Eviction API: evicting",
    lastTransitionTime: isSince ? existing.lastTransitionTime : timestamp(nowMs),
  } as V1PodCondition;
  return existing ? conditions.with(index, condition) : [...conditions, condition];
}

function assertPreconditions({ metadata }: V1Pod, { preconditions }: DeleteOptions): void {
  const refuse = (what: string, wanted: string, found: string | undefined, why: string) =>
    conflict(
      { group: "", resource: "Pod" },
      metadata.name,
      `the ${what} in the precondition (${wanted}) does not match the ${what} in record (${found}). The object might have been ${why}`,
    );
  const { uid, resourceVersion } = preconditions ?? {};
  if (uid && uid !== metadata.uid) throw refuse("UID", uid, metadata.uid, "deleted and then recreated");
  if (resourceVersion && resourceVersion !== metadata.resourceVersion)
    throw refuse("ResourceVersion", resourceVersion, metadata.resourceVersion, "modified");
}
