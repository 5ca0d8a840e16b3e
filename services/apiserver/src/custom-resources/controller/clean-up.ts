import type { KubeObject } from "@drydock/apimachinery";
import type { V1CustomResourceDefinition } from "@drydock/kube-api";
import type { CallContext } from "../../registry/call.ts";
import { parseCallOptions } from "../../registry/call-options.ts";
import { parseDeleteOptions } from "../../registry/delete-options.ts";
import { timestamp } from "../../registry/object-meta.ts";
import type { ResourceStore } from "../../registry/registry.ts";
import { deleteCollection } from "../../verbs/delete-collection.ts";
import { update } from "../../verbs/update.ts";
import { cleanupFinalizer } from "../definition-types.ts";
import { setCondition } from "./conditions.ts";

/** Deletes all objects of a kind that is being deleted; true when none is left. Those with finalizers of their own take their time. */
export async function deleteInstances(store: ResourceStore, context: CallContext): Promise<boolean> {
  await deleteCollection(store, "", parseCallOptions({}), parseDeleteOptions(undefined, {}), context);
  const page = await store.registry.ports.storage.list(store.cache.prefix, { limit: 1 });
  return page.items.length === 0;
}

/** Notes how far the deletion is, and at its end lets the definition go. */
export async function noteDeletion(
  crds: ResourceStore,
  name: string,
  isEmpty: boolean,
  context: CallContext,
): Promise<void> {
  const now = timestamp(context.nowMs);
  await write(crds, name, "status", context, (crd) => setCondition(crd, terminating(isEmpty), now));
  if (!isEmpty) return;
  await write(crds, name, "", context, ({ metadata }) => {
    metadata.finalizers = (metadata.finalizers ?? []).filter((finalizer) => finalizer !== cleanupFinalizer);
  });
}

function terminating(isEmpty: boolean) {
  return isEmpty
    ? { type: "Terminating", status: "False", reason: "InstanceDeletionCompleted", message: "removed all instances" }
    : {
        type: "Terminating",
        status: "True",
        reason: "InstanceDeletionInProgress",
        message: "CustomResource deletion is in progress",
      };
}

async function write(
  crds: ResourceStore,
  name: string,
  subresource: string,
  context: CallContext,
  change: (crd: V1CustomResourceDefinition) => void,
): Promise<void> {
  await update(crds, {
    namespace: "",
    name,
    subresource,
    isDryRun: false,
    context,
    mayCreate: "never",
    next: (current) => {
      change(current as KubeObject as V1CustomResourceDefinition);
      return current as KubeObject;
    },
  });
}
