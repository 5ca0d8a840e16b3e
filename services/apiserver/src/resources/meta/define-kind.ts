import {
  type Column,
  FieldSet,
  humanAge,
  isDns1035Label,
  isDns1123Label,
  isDns1123Subdomain,
  isPathSegmentName,
  type KubeObject,
  type LabelSelector,
  labelSelectorFromObject,
} from "@drydock/apimachinery";
import { fillValues } from "@drydock/kube-api";
import type { ResourceDefinition, Strategy, Subresources } from "../../registry/definition.ts";

/** What a kind's file says; everything that most kinds have alike is filled in. */
export interface KindDeclaration<T extends KubeObject> {
  readonly group?: string;
  readonly version?: string;
  readonly kind: string;
  readonly resource: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly isNamespaced?: boolean;
  readonly schema: string;
  readonly storagePrefix?: string;
  readonly conversion?: ResourceDefinition<T>["conversion"];
  readonly strategy?: Partial<Strategy<T>>;
  /** Between name and age; an age column among them takes the place of the usual one. */
  readonly columns?: readonly Column<T>[];
  /** All columns, for the few kinds whose tables begin or end differently. */
  readonly allColumns?: readonly Column<T>[];
  readonly selectableFields?: ResourceDefinition<T>["selectableFields"];
  readonly subresources?: Subresources<T>;
  /** All eight unless said otherwise. */
  readonly verbs?: ResourceDefinition<T>["verbs"];
  readonly deprecation?: string;
  readonly tableOrder?: ResourceDefinition<T>["tableOrder"];
}

/** Completes a declaration. The result is typed loosely, as the registry handles all kinds alike. */
export function defineKind<T extends KubeObject>(declaration: KindDeclaration<T>): ResourceDefinition {
  const { kind, resource, strategy } = declaration;
  const complete: ResourceDefinition<T> = {
    group: declaration.group ?? "",
    version: declaration.version ?? "v1",
    kind,
    resource,
    singular: kind.toLowerCase(),
    shortNames: declaration.shortNames ?? [],
    categories: declaration.categories ?? [],
    isNamespaced: declaration.isNamespaced ?? true,
    schema: declaration.schema,
    storagePrefix: declaration.storagePrefix ?? resource,
    ...(declaration.conversion ? { conversion: declaration.conversion } : {}),
    strategy: {
      ...DEFAULT_STRATEGY,
      ...strategy,
      setDefaults(object) {
        fillValues(object as unknown as Record<string, unknown>, declaration.schema);
        strategy?.setDefaults?.(object);
      },
      prepareForCreate(object, context) {
        strategy?.prepareForCreate?.(object, context);
        fillValues(object as unknown as Record<string, unknown>, declaration.schema);
      },
    },
    columns: declaration.allColumns ?? withNameAndAge(declaration.columns ?? []),
    ...(declaration.selectableFields ? { selectableFields: declaration.selectableFields } : {}),
    ...(declaration.subresources ? { subresources: declaration.subresources } : {}),
    ...(declaration.verbs ? { verbs: declaration.verbs } : {}),
    ...(declaration.deprecation ? { deprecation: declaration.deprecation } : {}),
    ...(declaration.tableOrder ? { tableOrder: declaration.tableOrder } : {}),
  };
  return complete as unknown as ResourceDefinition;
}

/** The age stands behind what is always shown and before what is only shown on request. */
function withNameAndAge<T extends KubeObject>(columns: readonly Column<T>[]): Column<T>[] {
  if (columns.includes(ageColumn)) return [nameColumn, ...columns];
  const firstWide = columns.findIndex((candidate) => (candidate.priority ?? 0) > 0);
  const at = firstWide < 0 ? columns.length : firstWide;
  return [nameColumn, ...columns.slice(0, at), ageColumn, ...columns.slice(at)];
}

const DEFAULT_STRATEGY: Strategy<KubeObject> = {
  setDefaults: () => {},
  prepareForCreate: () => {},
  validate: () => [],
  prepareForUpdate: () => {},
  validateUpdate: () => [],
  generationOf: () => undefined,
};

/** Kinds whose generation follows their spec. */
export const generationFromSpec = { generationOf: (object: object) => (object as { spec?: unknown }).spec ?? {} };

interface WithStatus extends KubeObject {
  status?: unknown;
}

/** Kinds with a status of their own: the main resource cannot write it, /status writes nothing else. */
export const separateStatus = {
  main: {
    prepareForCreate(object: KubeObject) {
      delete (object as WithStatus).status;
    },
    prepareForUpdate(object: KubeObject, old: KubeObject) {
      restore(object as WithStatus, old as WithStatus, "status");
    },
  },
  /** Labels and the rest of metadata stay as they were, as upstream's status strategies mostly have it. */
  status: {
    prepareForUpdate(object: KubeObject, old: KubeObject) {
      for (const field of Object.keys({ ...object, ...old })) {
        if (field !== "status" && field !== "metadata")
          restore(object as unknown as Record<string, unknown>, old as unknown as Record<string, unknown>, field);
      }
    },
    validateUpdate: () => [],
  },
  /** Where upstream does put metadata back: nobody owns what a status update says of it. */
  statusAlone: {
    resetFields: FieldSet.ofPaths("metadata", "spec"),
    prepareForUpdate(object: KubeObject, old: KubeObject) {
      separateStatus.status.prepareForUpdate(object, old);
      for (const field of ["labels", "annotations", "finalizers", "ownerReferences"] as const)
        restore(object.metadata, old.metadata, field);
    },
  },
};

function restore<T extends object>(object: T, old: T, field: keyof T): void {
  if (old[field] === undefined) delete object[field];
  else object[field] = old[field];
}

export const nameRules = {
  label: isDns1123Label,
  subdomain: isDns1123Subdomain,
  dns1035: isDns1035Label,
  pathSegment: isPathSegmentName,
};

export const nameColumn: Column<KubeObject> = {
  name: "Name",
  type: "string",
  format: "name",
  description: "Name must be unique within a namespace.",
  value: ({ metadata }) => metadata.name,
};

export const ageColumn: Column<KubeObject> = {
  name: "Age",
  type: "string",
  description: "CreationTimestamp is a timestamp representing the server time when this object was created.",
  value: ({ metadata }, nowMs) => humanAge(metadata.creationTimestamp, nowMs),
};

/** The default table's second column, of kinds that have no table of their own. */
export const createdColumn: Column<KubeObject> = {
  name: "Created At",
  type: "date",
  description: ageColumn.description,
  value: ({ metadata }) => metadata.creationTimestamp ?? "",
};

/** A column with the usual defaults. */
export function column<T>(
  name: string,
  value: Column<T>["value"],
  options: Partial<Omit<Column<T>, "name" | "value">> = {},
): Column<T> {
  return { name, type: "string", description: name, ...options, value };
}

export function wideColumn<T>(name: string, value: Column<T>["value"]): Column<T> {
  return column(name, value, { priority: 1 });
}

/** A selector as tables show it; one that selects nothing in particular is `<none>`. */
export function selectorColumnText(selector: LabelSelector | undefined): string {
  return labelSelectorFromObject(selector).toString() || "<none>";
}
