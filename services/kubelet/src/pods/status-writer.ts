import { deepEqual, StatusError } from "@drydock/apimachinery";
import type { ApiClient } from "@drydock/client";
import type { Logger } from "@drydock/component";
import { pods, type V1Pod, type V1PodStatus } from "@drydock/kube-api";

/** Sends pod statuses to the API server when they differ from what it has. */
export class StatusWriter {
  readonly #client: ApiClient;
  readonly #logger: Logger;
  readonly #sent = new Map<string, V1PodStatus>();

  constructor(client: ApiClient, logger: Logger) {
    this.#client = client;
    this.#logger = logger;
  }

  /** The last status sent, which may be newer than what the cache shows. */
  latest(uid: string): V1PodStatus | undefined {
    return this.#sent.get(uid);
  }

  /** True when the API server has the status now; false when it could not be told (the caller tries again later). */
  async write(pod: V1Pod, status: V1PodStatus): Promise<boolean> {
    const uid = pod.metadata.uid ?? "";
    if (deepEqual(this.#sent.get(uid) ?? pod.status, status)) {
      this.#sent.set(uid, status);
      return true;
    }
    const key = { namespace: pod.metadata.namespace ?? "", name: pod.metadata.name };
    try {
      // The uid makes the server refuse a status meant for a namesake.
      const patch = { metadata: { uid }, status: withRemovals(this.#sent.get(uid) ?? pod.status, status) };
      await this.#client.patch(pods, key, patch, "application/merge-patch+json", "status");
      this.#sent.set(uid, status);
      return true;
    } catch (error) {
      const failure = StatusError.from(error);
      if (failure.code === 404) return true;
      this.#logger.warn({ pod: `${key.namespace}/${key.name}`, err: failure.message }, "pod status not updated");
      return false;
    }
  }

  forget(uid: string): void {
    this.#sent.delete(uid);
  }
}

/** In a merge patch a field goes away only when it is set to null. */
function withRemovals(old: V1PodStatus | undefined, status: V1PodStatus): Record<string, unknown> {
  const removals = Object.keys(old ?? {}).filter((field) => !(field in status));
  return { ...status, ...Object.fromEntries(removals.map((field) => [field, null])) };
}
