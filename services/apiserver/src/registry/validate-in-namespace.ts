import type { FieldError, KubeObject } from "@drydock/apimachinery";
import { StoredObject } from "../cache/stored-object.ts";
import { keyOf, type ResourceStore } from "./registry.ts";

/** What the labels of an object's namespace do not allow: judged by the cache, and before it is refused by the store. */
export async function validateInNamespace(
  store: ResourceStore,
  object: KubeObject,
  old: KubeObject | undefined,
): Promise<FieldError[]> {
  const { strategy } = store.definition;
  if (!strategy.validateInNamespace) return [];
  const { registry } = store;
  const namespaces = registry.require("", "v1", "namespaces");
  const name = object.metadata.namespace ?? "";
  const judge = (namespace: KubeObject | undefined) =>
    strategy.validateInNamespace?.(object, old, namespace?.metadata.labels ?? {}) ?? [];
  const errors = judge(registry.cached(namespaces, "", name));
  if (errors.length === 0) return errors;
  const { kv } = await registry.ports.storage.get(keyOf(namespaces.definition, "", name));
  return judge(kv && StoredObject.decode(kv).object);
}
