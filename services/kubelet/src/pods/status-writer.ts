import { deepEqual, StatusError } from "@drydock/apimachinery";
import type { ApiClient } from "@drydock/client";
import type { Logger } from "@drydock/component";
import { pods, type V1Pod, type V1PodCondition, type V1PodStatus } from "@drydock/kube-api";

/**
 * Sends pod statuses to the API server when they differ from what it has. Others write statuses too: the node controller says of a pod
 * that it is not ready while its node is not, evictions note why. What they wrote is what a new status is compared with, and a condition
 * that did not change is left as they left it.
 */
export class StatusWriter {
  readonly #client: ApiClient;
  readonly #logger: Logger;
  /** By uid: the pod as the API server had it after the last write. */
  readonly #written = new Map<string, V1Pod>();

  constructor(client: ApiClient, logger: Logger) {
    this.#client = client;
    this.#logger = logger;
  }

  /** The newest status known: of the pod as it was heard of, or of the last write's answer, which the watch may not have told yet. */
  newest(pod: V1Pod): V1PodStatus | undefined {
    const written = this.#written.get(pod.metadata.uid ?? "");
    return written && versionOf(written) > versionOf(pod) ? written.status : pod.status;
  }

  /** True when the API server has the status now; false when it could not be told (the caller tries again later). */
  async write(pod: V1Pod, status: V1PodStatus): Promise<boolean> {
    const uid = pod.metadata.uid ?? "";
    const old = this.newest(pod);
    if (deepEqual(old, status)) return true;
    const key = { namespace: pod.metadata.namespace ?? "", name: pod.metadata.name };
    try {
      // The uid makes the server refuse a status meant for a namesake.
      const patch = { metadata: { uid }, status: statusPatch(old, status) };
      const written = await this.#client.patch(pods, key, patch, "application/strategic-merge-patch+json", "status");
      this.#written.set(uid, written);
      return true;
    } catch (error) {
      const failure = StatusError.from(error);
      if (failure.code === 404) return true;
      this.#logger.warn({ pod: `${key.namespace}/${key.name}`, err: failure.message }, "pod status not updated");
      return false;
    }
  }

  forget(uid: string): void {
    this.#written.delete(uid);
  }
}

/** Versions of one server's objects can be compared as numbers; of a server that cannot, the last word heard is taken. */
function versionOf({ metadata }: V1Pod): number {
  return Number(metadata.resourceVersion ?? 0);
}

/** A strategic merge patch: fields that went away are null, conditions are told one by one, lists of addresses as a whole. */
function statusPatch(old: V1PodStatus | undefined, status: V1PodStatus): Record<string, unknown> {
  const { conditions, hostIPs, podIPs, ...rest } = status;
  const removed = Object.keys(old ?? {}).filter((field) => !(field in status));
  const changed = changedConditions(old?.conditions ?? [], conditions ?? []);
  return {
    ...rest,
    ...(hostIPs ? { hostIPs: [{ $patch: "replace" }, ...hostIPs] } : {}),
    ...(podIPs ? { podIPs: [{ $patch: "replace" }, ...podIPs] } : {}),
    ...(changed.length > 0 ? { conditions: changed } : {}),
    ...Object.fromEntries(removed.map((field) => [field, null])),
  };
}

function changedConditions(old: readonly V1PodCondition[], conditions: readonly V1PodCondition[]): V1PodCondition[] {
  return conditions
    .map((condition) => ({ condition, before: old.find(({ type }) => type === condition.type) }))
    .filter(({ condition, before }) => !deepEqual(condition, before))
    .map(({ condition, before }) => ({ ...removals(before, condition), ...condition }));
}

/** Merged into what stands there, so a reason that no longer holds has to be taken away. */
function removals(before: V1PodCondition | undefined, condition: V1PodCondition): object {
  return Object.fromEntries(
    Object.keys(before ?? {})
      .filter((field) => !(field in condition))
      .map((field) => [field, null]),
  );
}
