import {
  formatGroupVersion,
  type KindVersions,
  type KubeObject,
  parseGroupVersion,
  type VersionShape,
} from "@drydock/apimachinery";
import { typeShapeOf, untouchedObject, withUnset } from "@drydock/kube-api";
import type { ResourceDefinition } from "./definition.ts";
import type { ResourceStore } from "./registry.ts";
import { resetFieldsOf } from "./reset-fields.ts";

/** The versions of a stored kind that there are, and the way between them. */
export function kindVersions(store: ResourceStore, subresource: string): KindVersions {
  return {
    find(apiVersion) {
      const definition = definitionIn(store, apiVersion);
      return definition && versionShapeOf(definition, subresource);
    },
    async convert(object, apiVersion) {
      if (object.apiVersion === apiVersion) return object;
      const [from, to] = [definitionIn(store, String(object.apiVersion)), definitionIn(store, apiVersion)];
      if (!from || !to) throw new Error(`no way from ${object.apiVersion} to ${apiVersion}`);
      return fromStorage(to, await toStorage(from, object));
    },
  };
}

export function versionShapeOf(definition: ResourceDefinition, subresource: string): VersionShape {
  const { custom, schema } = definition;
  const reset = resetFieldsOf(definition, subresource);
  if (custom) return { shape: custom.shape, reset };
  const unset = {
    untouched: untouchedObject(schema),
    shown: <T extends object>(object: T) => withUnset(object, schema),
  };
  return { shape: typeShapeOf(schema), reset, unset };
}

/** The same stored objects in another version: of custom kinds also one that is not served. */
function definitionIn({ definition, registry }: ResourceStore, apiVersion: string): ResourceDefinition | undefined {
  if (definition.custom)
    return definition.custom.versions().find((candidate) => formatGroupVersion(candidate) === apiVersion);
  const { group, version } = parseGroupVersion(apiVersion) ?? {};
  const other = registry.find(group ?? "", version ?? "", definition.resource)?.definition;
  return other?.storagePrefix === definition.storagePrefix ? other : undefined;
}

/** The object in the form it is stored in. */
export function toStorage({ conversion }: ResourceDefinition, object: KubeObject): Promise<KubeObject> | KubeObject {
  if (conversion?.toStorageLater) return conversion.toStorageLater(object);
  return conversion ? conversion.toStorage(object) : object;
}

async function fromStorage({ conversion }: ResourceDefinition, object: KubeObject): Promise<KubeObject> {
  if (conversion?.fromStorageLater) return (await conversion.fromStorageLater([object]))[0] as KubeObject;
  return conversion ? conversion.fromStorage(object) : object;
}
