import { formatGroupResource, genericNotFoundPath, methodNotAllowed, methodNotSupported } from "@drydock/apimachinery";
import type { ServiceAccountTokens } from "../authentication/service-account-tokens.ts";
import type { Authorizer } from "../authorization/authorizer.ts";
import { writeOptions } from "../registry/admitted-options.ts";
import type { Call } from "../registry/call.ts";
import type { Registry, ResourceStore } from "../registry/registry.ts";
import { findSubresource } from "../subresources/index.ts";
import type { Turns } from "../turns/turns.ts";
import { create } from "../verbs/create.ts";
import { remove } from "../verbs/delete.ts";
import { deleteCollection } from "../verbs/delete-collection.ts";
import { get } from "../verbs/get.ts";
import { list } from "../verbs/list.ts";
import type { Outcome } from "../verbs/outcome.ts";
import { success } from "../verbs/outcome.ts";
import { watch } from "../verbs/watch.ts";
import type { VirtualDefinition, VirtualResources } from "../virtual/virtual-resource.ts";
import { deleteOptionsOf, objectOf } from "./call-body.ts";
import { runPatch, runUpdate } from "./run-update.ts";

export interface Services {
  readonly authorizer: Authorizer;
  readonly registry: Registry;
  readonly virtual: VirtualResources;
  readonly tokens: ServiceAccountTokens;
  readonly turns: Turns;
}

/** Runs one authorized call, from REST or from the component protocol, to its outcome. Throws StatusError or StorageError. */
export async function dispatch(services: Services, call: Call): Promise<Outcome> {
  const virtual = services.virtual.find(call.group, call.version, call.resource);
  if (virtual && call.subresource === "") {
    if (!(virtual.definition.verbs ?? ["create"]).includes(call.verb)) throw methodNotAllowed();
    if (call.verb === "create") await reviewQuestion(services.registry, virtual.definition, call);
    return virtual.run(call);
  }
  const store = services.registry.find(call.group, call.version, call.resource);
  if (!store) throw genericNotFoundPath();
  if (call.subresource !== "") {
    const subresource = findSubresource(store.definition, call.subresource);
    if (!subresource) throw genericNotFoundPath();
    if (!subresource.verbs.includes(call.verb)) throw methodNotSupported(store.groupResource, call.verb);
    return subresource.run(services, store, call);
  }
  if (store.definition.verbs && !store.definition.verbs.includes(call.verb))
    throw methodNotSupported(store.groupResource, call.verb);
  if (store.definition.isNamespaced && call.namespace === "" && !collectionVerbs.has(call.verb))
    throw genericNotFoundPath();
  return runVerb(store, call);
}

/** What is answered and not stored passes webhooks and policies too. */
async function reviewQuestion(registry: Registry, definition: VirtualDefinition, call: Call): Promise<void> {
  const { group, version, kind } = definition;
  const { namespace, name, context, options } = call;
  await registry.admission.review({
    operation: "create",
    definition,
    subresource: "",
    namespace,
    name,
    object: undefined,
    oldObject: undefined,
    isDryRun: options.dryRun,
    context,
    options: writeOptions("CreateOptions", options.dryRun, context),
    view: { kind: { group, version, kind }, object: objectOf(call), oldObject: undefined },
  });
}

/** Verbs that work across all namespaces. */
const collectionVerbs: ReadonlySet<string> = new Set(["list", "watch", "deletecollection"]);

async function runVerb(store: ResourceStore, call: Call): Promise<Outcome> {
  const { namespace, name, options, context } = call;
  switch (call.verb) {
    case "get":
      return {
        kind: "object",
        code: 200,
        store,
        stored: await get(store, namespace, name, options.resourceVersion, context.signal),
      };
    case "list":
      return { kind: "list", store, page: await list(store, namespace, options, context.signal) };
    case "watch":
      return { kind: "watch", store, run: await watch(store, namespace, options) };
    case "create": {
      const request = { namespace, object: objectOf(call), isDryRun: options.dryRun, context };
      return { kind: "object", code: 201, store, stored: await create(store, request) };
    }
    case "update":
      return runUpdate(store, call);
    case "patch":
      return runPatch(store, call);
    case "delete":
      return runDelete(store, call);
    case "deletecollection": {
      const page = await deleteCollection(store, namespace, options, deleteOptionsOf(call), context);
      return { kind: "list", store, page };
    }
  }
}

/** Resources whose deletion answers with the object, as upstream has it. */
const returnsDeletedObject: ReadonlySet<string> = new Set([
  "persistentvolumeclaims",
  "persistentvolumes",
  "pods",
  "podtemplates",
  "resourcequotas",
  "serviceaccounts",
  "services",
  "csidrivers.storage.k8s.io",
  "csinodes.storage.k8s.io",
  "storageclasses.storage.k8s.io",
  "volumeattachments.storage.k8s.io",
  "volumeattributesclasses.storage.k8s.io",
  "deviceclasses.resource.k8s.io",
  "resourceclaims.resource.k8s.io",
  "resourceclaimtemplates.resource.k8s.io",
  "resourceslices.resource.k8s.io",
]);

async function runDelete(store: ResourceStore, call: Call): Promise<Outcome> {
  const { namespace, name, context } = call;
  const options = deleteOptionsOf(call);
  const { stored, isGone } = await remove(store, { namespace, name, options, context });
  const { group, resource } = store.groupResource;
  if (!isGone || returnsDeletedObject.has(formatGroupResource(store.groupResource)))
    return { kind: "object", code: 200, store, stored };
  return success({ name, ...(group && { group }), kind: resource, uid: stored.object.metadata.uid });
}
