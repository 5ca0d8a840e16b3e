import { type KubeObject, partialObjectMetadata, renderTable, stringifyJson, type Table } from "@drydock/apimachinery";
import { encodeProtobuf, withNullLists, withUnset, wrapProtobuf } from "@drydock/kube-api";
import type { StoredObject } from "../cache/stored-object.ts";
import type { ResourceDefinition } from "../registry/definition.ts";

/** JSON of an object inside a list: without kind and apiVersion, which the list's own say. Made once an object. */
export function itemJson({ schema, custom }: ResourceDefinition, stored: StoredObject): Buffer {
  return stored.encoding("json", (object) => {
    const { apiVersion: _apiVersion, kind: _kind, ...rest } = object;
    const shown = custom ? rest : withUnset(rest, schema);
    const text = stringifyJson(shown);
    // Few objects have such a list; a search of the text is cheaper than one of the object.
    const mayHoldNull = custom === undefined && text.includes(":[]");
    return Buffer.from(mayHoldNull ? stringifyJson(withNullLists(shown, schema)) : text);
  });
}

/** JSON of an object on its own: the shared bytes behind a head of kind and apiVersion. */
export function objectJson(definition: ResourceDefinition, stored: StoredObject): Buffer {
  return Buffer.concat([headOf(definition), itemJson(definition, stored).subarray(1)]);
}

/** The generated message of an object, as it stands in lists. Made once an object. */
export function itemProtobuf({ schema }: ResourceDefinition, stored: StoredObject): Buffer {
  return stored.encoding("protobuf", (object) => encodeProtobuf(schema, object));
}

/** A protobuf body with one object. */
export function objectProtobuf(definition: ResourceDefinition, stored: StoredObject): Buffer {
  return wrapProtobuf(apiVersionOf(definition), definition.kind, itemProtobuf(definition, stored));
}

export function apiVersionOf({ group, version }: Pick<ResourceDefinition, "group" | "version">): string {
  return group === "" ? version : `${group}/${version}`;
}

const heads = new Map<string, Buffer>();

function headOf(definition: ResourceDefinition): Buffer {
  const { kind } = definition;
  const apiVersion = apiVersionOf(definition);
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
    return Buffer.from(stringifyJson({ ...partialObjectMetadata(object), apiVersion: `meta.k8s.io/${metaVersion}` }));
  });
}

export const partialSchema = "io.k8s.apimachinery.pkg.apis.meta.v1.PartialObjectMetadata";

/** The message of an object's metadata alone; the same in both versions of meta.k8s.io. */
export function partialItemProtobuf(stored: StoredObject): Buffer {
  return stored.encoding("partial-protobuf", ({ metadata }) => encodeProtobuf(partialSchema, { metadata }));
}

export function partialProtobuf(stored: StoredObject, metaVersion: string): Buffer {
  return wrapProtobuf(`meta.k8s.io/${metaVersion}`, "PartialObjectMetadata", partialItemProtobuf(stored));
}

export interface TableRequest {
  readonly includeObject: "None" | "Metadata" | "Object";
  readonly nowMs: number;
  readonly metaVersion: string;
  readonly omitColumnDefinitions?: boolean;
}

export function tableOf(
  definition: Pick<ResourceDefinition, "columns" | "tableOrder">,
  objects: readonly KubeObject[],
  metadata: object,
  request: TableRequest,
): Table {
  const { includeObject, nowMs, omitColumnDefinitions, metaVersion } = request;
  const ordered = definition.tableOrder ? objects.toSorted(definition.tableOrder) : objects;
  const table = renderTable(definition.columns, ordered, { includeObject, nowMs, metadata, omitColumnDefinitions });
  const apiVersion = `meta.k8s.io/${metaVersion}`;
  if (metaVersion === "v1" || includeObject !== "Metadata") return { ...table, apiVersion };
  const rows = table.rows.map((row) => ({ ...row, object: { ...(row.object as object), apiVersion } }));
  return { ...table, apiVersion, rows };
}
