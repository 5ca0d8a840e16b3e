import { type KubeObject, partialObjectMetadata, renderTable } from "@drydock/apimachinery";
import type { StoredObject } from "../cache/stored-object.ts";
import type { ResourceDefinition } from "../registry/definition.ts";

/** JSON of an object inside a list: without kind and apiVersion, which the list's own say. Made once an object. */
export function itemJson(stored: StoredObject): Buffer {
  return stored.encoding("json", (object) => {
    const { apiVersion: _apiVersion, kind: _kind, ...rest } = object;
    return Buffer.from(JSON.stringify(rest));
  });
}

/** JSON of an object on its own: the shared bytes behind a head of kind and apiVersion. */
export function objectJson(definition: ResourceDefinition, stored: StoredObject): Buffer {
  return Buffer.concat([headOf(definition), itemJson(stored).subarray(1)]);
}

const heads = new Map<string, Buffer>();

function headOf({ group, version, kind }: ResourceDefinition): Buffer {
  const apiVersion = group === "" ? version : `${group}/${version}`;
  const id = `${apiVersion}/${kind}`;
  let head = heads.get(id);
  if (!head) {
    head = Buffer.from(`{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},`);
    heads.set(id, head);
  }
  return head;
}

export function partialJson(stored: StoredObject, metaVersion: string): Buffer {
  return stored.encoding(`partial/${metaVersion}`, (object) => {
    return Buffer.from(JSON.stringify({ ...partialObjectMetadata(object), apiVersion: `meta.k8s.io/${metaVersion}` }));
  });
}

export interface TableRequest {
  readonly includeObject: "None" | "Metadata" | "Object";
  readonly nowMs: number;
  readonly metaVersion: string;
  readonly omitColumnDefinitions?: boolean;
}

export function tableOf(
  definition: ResourceDefinition,
  objects: readonly KubeObject[],
  metadata: object,
  request: TableRequest,
): object {
  const { includeObject, nowMs, omitColumnDefinitions } = request;
  const table = renderTable(definition.columns, objects, { includeObject, nowMs, metadata, omitColumnDefinitions });
  return { ...table, apiVersion: `meta.k8s.io/${request.metaVersion}` };
}
