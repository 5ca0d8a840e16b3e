import {
  FieldSet,
  type KubeObject,
  type ManagedFields,
  type ManagedFieldsEntry,
  parseManagedFields,
  renderManagedFields,
} from "@drydock/apimachinery";

/** Who manages the number of replicas: in an object and in its Scale the same, each with its own path (KEP-555). */
const inScale = FieldSet.ofPaths("spec.replicas");

export interface ScaledFields {
  readonly apiVersion: string;
  /** Where the object has its number. */
  readonly replicas: FieldSet;
  /** Whether there is such a version of the kind. */
  isThere(apiVersion: string): boolean;
}

/** Managers of the number, as managers of a Scale. */
export function managersOfScale({ metadata }: KubeObject, fields: ScaledFields): ManagedFieldsEntry[] {
  const managed = parseManagedFields(metadata.managedFields ?? []) ?? [];
  return renderManagedFields(
    managed
      .filter((entry) => fields.isThere(entry.manager.apiVersion) && has(entry, fields.replicas))
      .map((entry) => ({ ...entry, manager: { ...entry.manager, apiVersion: "autoscaling/v1" }, fields: inScale })),
  );
}

/** Managers of the object, once those of its Scale are these. */
export function managersOfObject(
  { metadata }: KubeObject,
  scale: readonly ManagedFieldsEntry[],
  fields: ScaledFields,
): ManagedFieldsEntry[] {
  const left = (parseManagedFields(scale) ?? []).filter((entry) => has(entry, inScale));
  const take = (entry: ManagedFields) => {
    const index = left.findIndex((other) => isSame(other, entry));
    return index < 0 ? undefined : left.splice(index, 1)[0];
  };
  const kept = (parseManagedFields(metadata.managedFields ?? []) ?? [])
    .filter(({ manager }) => fields.isThere(manager.apiVersion))
    .map((entry) => {
      if (!has(entry, fields.replicas) || take(entry)) return entry;
      return { ...entry, fields: entry.fields.difference(fields.replicas) };
    });
  // Upstream does not say when these began.
  const added = left.map((entry) => ({
    time: undefined,
    manager: { ...entry.manager, apiVersion: fields.apiVersion },
    fields: fields.replicas,
  }));
  return renderManagedFields([...kept, ...added]);
}

function has({ fields }: ManagedFields, path: FieldSet): boolean {
  return !fields.intersection(path).isEmpty;
}

function isSame({ manager: a }: ManagedFields, { manager: b }: ManagedFields): boolean {
  return a.name === b.name && a.operation === b.operation && a.subresource === b.subresource;
}
