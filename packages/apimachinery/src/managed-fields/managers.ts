import type { ManagedFieldsEntry } from "../meta.ts";
import { FieldSet } from "./field-set.ts";

/** Who owns fields, and how they came to: two entries of one manager differ in one of these. */
export interface Manager {
  readonly name: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  readonly subresource: string;
}

/** One entry of metadata.managedFields. */
export interface ManagedFields {
  readonly manager: Manager;
  /** RFC 3339, when the set last changed. */
  readonly time: string | undefined;
  readonly fields: FieldSet;
}

/** An applier is the same whatever version it speaks. */
export function isSameManager(a: Manager, b: Manager): boolean {
  return (
    a.name === b.name &&
    a.operation === b.operation &&
    a.subresource === b.subresource &&
    (a.operation === "Apply" || a.apiVersion === b.apiVersion)
  );
}

/** Undefined when an entry is none: then nothing that its sender says about owners counts. */
export function parseManagedFields(entries: readonly ManagedFieldsEntry[]): ManagedFields[] | undefined {
  const managed: ManagedFields[] = [];
  for (const entry of entries) {
    const { operation, fieldsType = "FieldsV1", fieldsV1 = {} } = entry;
    const fields = FieldSet.parse(fieldsV1);
    if (!fields || fieldsType !== "FieldsV1" || (operation !== "Apply" && operation !== "Update")) return undefined;
    const { manager = "", apiVersion = "", subresource = "", time } = entry;
    managed.push({ manager: { name: manager, operation, apiVersion, subresource }, time, fields });
  }
  return managed;
}

/** In upstream's order: appliers first, then by time. Owners of nothing are left out. */
export function renderManagedFields(managed: readonly ManagedFields[]): ManagedFieldsEntry[] {
  return managed
    .filter(({ fields }) => !fields.isEmpty)
    .toSorted(compareEntries)
    .map(({ manager: { name, operation, apiVersion, subresource }, time, fields }) => ({
      manager: name,
      operation,
      apiVersion,
      ...(time !== undefined && { time }),
      fieldsType: "FieldsV1",
      fieldsV1: fields.toJson(),
      ...(subresource !== "" && { subresource }),
    }));
}

function compareEntries(a: ManagedFields, b: ManagedFields): number {
  const keys = ({ manager, time }: ManagedFields) =>
    [manager.operation, time ?? "", manager.name, manager.apiVersion, manager.subresource] as const;
  const [ours, theirs] = [keys(a), keys(b)];
  for (const [index, key] of ours.entries()) {
    const other = theirs[index] as string;
    if (key !== other) return key < other ? -1 : 1;
  }
  return 0;
}
