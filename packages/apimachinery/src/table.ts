import type { Int64, KubeObject, ListMeta } from "./meta.ts";

export type CellValue = string | Int64 | boolean | null;

/** One column of a kind's table (meta.k8s.io/v1 Table). */
export interface Column<T> {
  readonly name: string;
  readonly type: "string" | "integer" | "number" | "boolean" | "date";
  readonly format?: string;
  readonly description: string;
  /** 0 (the default) is always shown; above 0 only in wide output. */
  readonly priority?: number;
  value(object: T, nowMs: number): CellValue;
}

export interface TableOptions {
  /** What each row carries beside its cells. */
  readonly includeObject: "None" | "Metadata" | "Object";
  readonly nowMs: number;
  readonly metadata?: ListMeta;
  /** Watch events after the first leave the definitions out. */
  readonly omitColumnDefinitions?: boolean;
}

export interface TableColumnDefinition {
  name: string;
  type: string;
  format: string;
  description: string;
  priority: number;
}

export interface TableRow {
  cells: CellValue[];
  object?: unknown;
}

export interface Table {
  kind: "Table";
  apiVersion: string;
  metadata: ListMeta;
  /** Null where they are left out, as Go writes a list that is not there. */
  columnDefinitions: TableColumnDefinition[] | null;
  rows: TableRow[];
}

export function renderTable<T extends KubeObject>(
  columns: readonly Column<T>[],
  objects: readonly T[],
  options: TableOptions,
): Table {
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata: options.metadata ?? {},
    columnDefinitions: options.omitColumnDefinitions === true ? null : columns.map(defineColumn),
    rows: objects.map((object) => ({
      cells: columns.map((column) => column.value(object, options.nowMs)),
      ...includedObject(object, options.includeObject),
    })),
  };
}

function defineColumn<T>(column: Column<T>): TableColumnDefinition {
  return {
    name: column.name,
    type: column.type,
    format: column.format ?? "",
    description: column.description,
    priority: column.priority ?? 0,
  };
}

function includedObject(object: KubeObject, include: TableOptions["includeObject"]): { object?: unknown } {
  if (include === "None") return {};
  return { object: include === "Object" ? object : partialObjectMetadata(object) };
}

export interface PartialObjectMetadata {
  kind: "PartialObjectMetadata";
  apiVersion: string;
  metadata: KubeObject["metadata"];
}

export function partialObjectMetadata(object: KubeObject): PartialObjectMetadata {
  return { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: object.metadata };
}
