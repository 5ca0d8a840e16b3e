import { isRecord, type KubeObject } from "@drydock/apimachinery";
import { type CheckedFields, checkFields } from "@drydock/kube-api";
import { checkEmbeddedMetadata, objectMeta } from "./embedded-metadata.ts";
import { prune } from "./schema/prune.ts";
import { setDefaults } from "./schema/set-defaults.ts";
import type { Structural } from "./schema/structural.ts";

/** An object of a custom kind as its schema knows it: unknown fields gone and named, defaults filled in; its metadata judged as any object's. */
export function checkCustomFields(object: unknown, schema: Structural): CheckedFields {
  const value = isRecord(object) ? structuredClone(object) : {};
  const unknown = [...prune(value, schema, true), ...checkEmbeddedMetadata(value, schema)];
  if (!isRecord(value["metadata"])) return { value, unknown, typeErrors: metadataTypeErrors(value["metadata"]) };
  const metadata = checkFields(value["metadata"], objectMeta);
  value["metadata"] = metadata.value;
  return {
    value,
    unknown: [...metadata.unknown.map((path) => `metadata.${path}`), ...unknown],
    typeErrors: metadata.typeErrors,
  };
}

function metadataTypeErrors(metadata: unknown): string[] {
  if (metadata === undefined || metadata === null) return [];
  return [`json: cannot unmarshal ${typeof metadata} into Go struct field .metadata of type v1.ObjectMeta`];
}

/** What came out of the store, as a version of it shows: another schema may have held when it was written. */
export function readCustomObject(object: KubeObject, schema: Structural): void {
  prune(object, schema, true);
  setDefaults(object, schema);
}
