import { type KubeObject, StatusError } from "@drydock/apimachinery";
import type { CallContext } from "../registry/call.ts";
import type { CallOptions } from "../registry/call-options.ts";
import type { DeleteOptions } from "../registry/delete-options.ts";
import type { ResourceStore } from "../registry/registry.ts";
import { remove } from "./delete.ts";
import { list } from "./list.ts";
import type { ListPage } from "./outcome.ts";

const workers = 8;

/** Deletes everything a list with these options returns, each under its own uid; objects that went meanwhile are fine. */
export async function deleteCollection(
  store: ResourceStore,
  namespace: string,
  options: CallOptions,
  deleteOptions: DeleteOptions,
  context: CallContext,
): Promise<ListPage> {
  const page = await list(store, namespace, options, context.signal);
  const queue = page.items.map(({ object }) => object);
  await Promise.all(Array.from({ length: workers }, () => drain(store, queue, deleteOptions, context)));
  return page;
}

async function drain(
  store: ResourceStore,
  queue: KubeObject[],
  options: DeleteOptions,
  context: CallContext,
): Promise<void> {
  for (let object = queue.pop(); object; object = queue.pop()) {
    const { name, namespace = "", uid } = object.metadata;
    const preconditions = { ...options.preconditions, uid };
    try {
      await remove(store, { namespace, name, options: { ...options, preconditions }, context, isOfCollection: true });
    } catch (error) {
      const isGone = error instanceof StatusError && (error.code === 404 || error.code === 409);
      if (!isGone) throw error;
    }
  }
}
