import { deepEqual, type KubeObject, StatusError } from "@drydock/apimachinery";
import type { ResourceStore } from "../registry/registry.ts";
import { create } from "../verbs/create.ts";
import { update } from "../verbs/update.ts";
import { loopbackContext } from "./loopback-context.ts";

/** Creates it unless it is there. Somebody else may make the same at the same time: that is as good. */
export async function ensure(store: ResourceStore, object: KubeObject): Promise<void> {
  if (store.registry.cached(store, object.metadata.namespace ?? "", object.metadata.name)) return;
  const request = {
    namespace: object.metadata.namespace ?? "",
    object: structuredClone(object),
    isDryRun: false,
    context: loopbackContext(),
  };
  await create(store, request).catch((error: unknown) => {
    if (StatusError.from(error).code !== 409) throw error;
  });
}

/** Creates it, or brings what is there to what `merge` says. */
export async function reconcile<T extends KubeObject>(
  store: ResourceStore,
  wanted: T,
  merge: (wanted: T, current: T) => T,
): Promise<void> {
  const { name, namespace = "" } = wanted.metadata;
  const cached = store.registry.cached<T>(store, namespace, name);
  if (!cached) {
    await ensure(store, wanted);
    return;
  }
  if (deepEqual(merge(wanted, cached), cached)) return;
  await update(store, {
    namespace,
    name,
    subresource: "",
    isDryRun: false,
    context: loopbackContext(),
    mayCreate: "never",
    next: (current) => merge(wanted, current as T),
  });
}
