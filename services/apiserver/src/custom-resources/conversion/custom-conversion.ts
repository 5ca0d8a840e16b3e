import type { KubeObject } from "@drydock/apimachinery";
import type { V1CustomResourceDefinition, V1CustomResourceDefinitionVersion } from "@drydock/kube-api";
import type { Conversion } from "../../registry/definition.ts";
import { readCustomObject } from "../check-custom-fields.ts";
import { schemaOfVersion, storageVersionOf } from "../definition-types.ts";

/** Objects in another version, by the CRD's webhook. All or nothing; the order is kept. */
export type ConvertObjects = (
  crd: V1CustomResourceDefinition,
  objects: readonly KubeObject[],
  apiVersion: string,
) => Promise<KubeObject[]>;

/** Between a version and the one that is stored. Reading also prunes and fills in defaults, by the schema that holds now. */
export function customConversion(
  crd: V1CustomResourceDefinition,
  version: V1CustomResourceDefinitionVersion,
  convert: ConvertObjects,
): Conversion<KubeObject> {
  const { group, names, conversion } = crd.spec;
  const stored = storageVersionOf(crd);
  const [apiVersion, storedApiVersion] = [`${group}/${version.name}`, `${group}/${stored.name}`];
  const [schema, storedSchema] = [schemaOfVersion(version), schemaOfVersion(stored)];
  const read = (object: KubeObject): KubeObject => {
    const copy = structuredClone(object);
    // What the store holds is judged by the schema it was stored under before another version is made of it.
    if (copy.apiVersion === storedApiVersion) readCustomObject(copy, storedSchema);
    return copy;
  };
  const finish = (object: KubeObject): KubeObject => {
    readCustomObject(object, schema);
    return object;
  };
  const base = {
    id: `${crd.metadata.uid}/${crd.metadata.generation}`,
    storageGroup: group,
    storageVersion: stored.name,
    storageKind: names.kind,
  };
  if (conversion?.strategy !== "Webhook")
    return {
      ...base,
      toStorage: (object) => ({ ...object, apiVersion: storedApiVersion }),
      fromStorage: (object) => finish({ ...read(object), apiVersion }),
    };
  const through = async (objects: readonly KubeObject[], to: string) => {
    const needed = objects.filter((object) => object.apiVersion !== to);
    const converted = needed.length === 0 ? [] : await convert(crd, needed, to);
    const byObject = new Map(needed.map((object, i) => [object, converted[i] as KubeObject]));
    return objects.map((object) => byObject.get(object) ?? object);
  };
  return {
    ...base,
    toStorage: () => unprepared(),
    fromStorage: () => unprepared(),
    toStorageLater: async (object) => (await through([object], storedApiVersion))[0] as KubeObject,
    fromStorageLater: async (objects) => (await through(objects.map(read), apiVersion)).map(finish),
  };
}

function unprepared(): never {
  throw new Error("objects that a webhook converts are converted before they are looked at");
}
