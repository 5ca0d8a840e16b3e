import type { Column, FieldError, FieldSet, Int64, KubeObject, TypeShape } from "@drydock/apimachinery";
import type { CheckedFields, Schema } from "@drydock/kube-api";
import type { UserInfo } from "../authentication/user-info.ts";

/**
 * One built-in kind, declared once. REST routes, discovery, OpenAPI, tables, storage keys, RBAC verbs and the component
 * protocol all derive from this value; a CustomResourceDefinition builds the same object at run time.
 */
export interface ResourceDefinition<T extends KubeObject = KubeObject> {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** `<kind>List` unless said otherwise. */
  readonly listKind?: string;
  /** Plural, lower case: the path segment. */
  readonly resource: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly isNamespaced: boolean;
  /** OpenAPI name of the schema, e.g. `io.k8s.api.core.v1.Pod`. */
  readonly schema: string;
  /** Path below `/registry/` (upstream's, e.g. `services/specs`, `minions`, `pods`). */
  readonly storagePrefix: string;
  /**
   * Another definition serves the same stored objects under another group-version (events.k8s.io/v1 over core/v1 events).
   * `toStorage`/`fromStorage` convert; absent for the storage version itself.
   */
  readonly conversion?: Conversion<T>;
  readonly strategy: Strategy<T>;
  readonly columns: readonly Column<T>[];
  /** Fields usable in `fieldSelector` beyond metadata.name and metadata.namespace. */
  readonly selectableFields?: Readonly<Record<string, (object: T) => string>>;
  readonly subresources?: Subresources<T>;
  /** Defaults to all eight; events, for example, support all, some kinds fewer. */
  readonly verbs?: readonly Verb[];
  /** What everyone is warned of who asks for it over HTTP. */
  readonly deprecation?: string;
  /** The order of rows in tables, where it is not that of the list. */
  tableOrder?(a: T, b: T): number;
  /** Of a kind that is defined at run time: what generated schemas say of the others. */
  readonly custom?: CustomSchema;
}

/** The schema of a kind that came as an object. */
export interface CustomSchema {
  /** All versions of the kind, served or not. */
  versions(): readonly ResourceDefinition[];
  readonly shape: TypeShape;
  /** What the OpenAPI documents have of it, by name: the kind and its list. */
  readonly schemas: Readonly<Record<string, Schema>>;
  checkFields(object: unknown): CheckedFields;
}

export type Verb = "create" | "delete" | "deletecollection" | "get" | "list" | "patch" | "update" | "watch";

export interface Conversion<T extends KubeObject> {
  readonly storageGroup: string;
  readonly storageVersion: string;
  readonly storageKind: string;
  toStorage(object: T): KubeObject;
  fromStorage(object: KubeObject): T;
  /** Tells views apart that were made by definitions of one name. */
  readonly id?: string;
  /** In place of the above where others are asked to convert: views are made before they are looked at (`prepareViews`). */
  toStorageLater?(object: T): Promise<KubeObject>;
  fromStorageLater?(objects: readonly KubeObject[]): Promise<T[]>;
}

export interface ValidationContext {
  /** Wall clock of the request, in ms since the epoch. */
  readonly nowMs: number;
  /** The subresource being written, or the empty string. */
  readonly subresource: string;
  /** Who writes. */
  readonly user: UserInfo;
}

/**
 * What is peculiar to a kind when it is written. Every function is pure but for changing the object it is given, which is
 * the request's private copy. The registry itself handles metadata (name, generateName, uid, timestamps, generation,
 * resourceVersion, finalizers, managedFields) and its validation.
 */
export interface Strategy<T extends KubeObject> {
  /** Versioned defaulting, run on everything decoded. Idempotent. */
  setDefaults(object: T): void;
  /** Takes away what upstream keeps behind a gate that is off. Who wrote it owns it all the same. */
  dropDisabled?(object: T): void;
  /** Clears what a client may not set on create (status of kinds with a status subresource, …). */
  prepareForCreate(object: T, context: ValidationContext): void;
  /**
   * What follows from the object's name and uid. Run when both are known and again for each name the server draws, then with the one
   * that was taken.
   */
  prepareNamed?(object: T, previousName: string | undefined): void;
  validate(object: T, context: ValidationContext): FieldError[];
  /** Of new and changed objects, what is told before metadata is looked at; `isFinal`: the rest is then not looked at. */
  validateFirst?(object: T): { readonly errors: FieldError[]; readonly isFinal: boolean };
  /** What the labels of its namespace do not allow; `old` is undefined for a new object. */
  validateInNamespace?(object: T, old: T | undefined, labels: Readonly<Record<string, string>>): FieldError[];
  /** Restores what this endpoint may not change (status on the main resource). */
  prepareForUpdate(object: T, old: T, context: ValidationContext): void;
  validateUpdate(object: T, old: T, context: ValidationContext): FieldError[];
  /** Parts whose change increments metadata.generation; default: everything but metadata and status. Return undefined for kinds without generation. */
  generationOf?(object: T): unknown;
  /** Name rule: upstream messages for a bad metadata.name. Default: DNS-1123 subdomain. */
  validateName?(name: string): string[];
  /** Seconds of graceful deletion for this object, or undefined when the kind is deleted at once (all but pods). */
  gracePeriodSeconds?(object: T, requested: Int64 | undefined): Int64 | undefined;
  /** Default propagation when the client names none; background unless said otherwise (ReplicationController and Job: orphan). */
  readonly defaultPropagation?: "Background" | "Orphan";
  /** Completes what a first deletion does to an object that must outlive it: finalizers, conditions. */
  prepareForDelete?(object: T, nowMs: number): void;
  /** PUT of a missing object creates it (Lease, Endpoints, Event, …as upstream). */
  readonly allowCreateOnUpdate?: boolean;
  /** An update without resourceVersion is allowed; true unless said otherwise. */
  readonly allowUnconditionalUpdate?: boolean;
  /** What nobody comes to own by writing this resource, since it is put back; the status, where it has its own subresource, unless said otherwise. */
  readonly resetFields?: FieldSet;
  /** Texts for the Warning header. */
  warnings?(object: T, old: T | undefined): string[];
}

export interface Subresources<T extends KubeObject> {
  /** Present when the kind has /status: restore all but status (and what upstream lets it touch) from `old`. */
  readonly status?: {
    prepareForUpdate(object: T, old: T, context: ValidationContext): void;
    validateUpdate(object: T, old: T, context: ValidationContext): FieldError[];
    /** What nobody comes to own by writing the status; the spec unless said otherwise. */
    readonly resetFields?: FieldSet;
  };
  /** Present when the kind has /scale (autoscaling/v1 Scale). */
  readonly scale?: {
    /** Where the object has its number; `spec.replicas` unless said otherwise. */
    readonly replicasPath?: string;
    specReplicas(object: T): number;
    statusReplicas(object: T): number;
    /** Text form of the selector, for status.selector. */
    selector(object: T): string;
    setSpecReplicas(object: T, replicas: number): void;
  };
  /** Names of other subresources the apiserver core serves (log, exec, attach, portforward, binding, eviction, token, …). */
  readonly other?: readonly string[];
}
