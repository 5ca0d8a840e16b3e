import { type KubeObject, labelSelectorFromObject } from "@drydock/apimachinery";
import type { V1ParamKind, V1ParamRef } from "@drydock/kube-api";
import { StoredObject } from "../../cache/stored-object.ts";
import {
  keyOf,
  keyPrefixOf,
  prepareViews,
  type Registry,
  type ResourceStore,
  viewOf,
} from "../../registry/registry.ts";

/** A policy or a binding that cannot be used as it is: its policy's failurePolicy decides. */
export class ConfigurationError extends Error {}

/** The resource of a policy's parameters; undefined when it has none. */
export function paramStoreOf(registry: Registry, paramKind: V1ParamKind | undefined): ResourceStore | undefined {
  if (!paramKind) return undefined;
  const { apiVersion = "", kind = "" } = paramKind;
  for (const store of registry.stores) {
    const { group, version, kind: own } = store.definition;
    if (own === kind && (group === "" ? version : `${group}/${version}`) === apiVersion) return store;
  }
  throw new ConfigurationError(`failed to find resource referenced by paramKind: '${apiVersion}, Kind=${kind}'`);
}

/**
 * The parameters that a binding brings to a request, one evaluation for each. Without any to bring there is one evaluation without
 * parameters; none at all when what it refers to is not there and that is allowed. Throws ConfigurationError.
 */
export async function collectParams(
  store: ResourceStore | undefined,
  reference: V1ParamRef | undefined,
  requestNamespace: string,
): Promise<readonly (KubeObject | undefined)[]> {
  if (!store || !reference) return [undefined];
  const namespace = namespaceOf(store, reference, requestNamespace);
  const found = reference.name
    ? await findByName(store, namespace, reference.name)
    : await findBySelector(store, namespace, reference);
  if (found.length === 0 && reference.parameterNotFoundAction === "Deny")
    throw new ConfigurationError("no params found for policy binding with `Deny` parameterNotFoundAction");
  return found;
}

function namespaceOf({ definition }: ResourceStore, { namespace = "" }: V1ParamRef, requestNamespace: string): string {
  if (!definition.isNamespaced) {
    if (namespace === "") return "";
    throw new ConfigurationError("paramRef.namespace must not be provided for a cluster-scoped `paramKind`");
  }
  if (namespace === "" && requestNamespace === "")
    throw new ConfigurationError(
      "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources",
    );
  return namespace || requestNamespace;
}

/** From the cache, or from the store when it was made a moment ago. */
async function findByName(store: ResourceStore, namespace: string, name: string): Promise<KubeObject[]> {
  const key = keyOf(store.definition, namespace, name);
  let stored = store.cache.get(key);
  if (!stored) {
    const { kv } = await store.registry.ports.storage.get(key);
    stored = kv && StoredObject.decode(kv);
  }
  return stored ? show(store, [stored]) : [];
}

async function findBySelector(
  store: ResourceStore,
  namespace: string,
  { selector }: V1ParamRef,
): Promise<KubeObject[]> {
  const wanted = labelSelectorFromObject(selector ?? {});
  const all = [...store.cache.scan(keyPrefixOf(store.definition, namespace))];
  return show(
    store,
    all.filter(({ object }) => wanted.matches(object.metadata.labels)),
  );
}

async function show(store: ResourceStore, stored: readonly StoredObject[]): Promise<KubeObject[]> {
  await prepareViews(store, stored);
  return stored.map((one) => viewOf(store, one).object);
}
