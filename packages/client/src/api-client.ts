import type { KubeList, KubeObject, WatchEventType } from "@drydock/apimachinery";
import type { ResourceRef } from "@drydock/kube-api";

export interface ObjectKey {
  /** Absent or empty for cluster-scoped kinds. */
  readonly namespace?: string;
  readonly name: string;
}

export interface ListOptions {
  /** Empty or absent: all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: "Exact" | "NotOlderThan";
  readonly limit?: number;
  readonly continue?: string;
}

export interface WatchOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly resourceVersion?: string;
  readonly allowWatchBookmarks?: boolean;
  readonly sendInitialEvents?: boolean;
  readonly resourceVersionMatch?: "NotOlderThan";
  readonly timeoutSeconds?: number;
}

export interface WriteOptions {
  readonly dryRun?: readonly "All"[];
  readonly fieldManager?: string;
}

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: "Background" | "Foreground" | "Orphan";
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly dryRun?: readonly "All"[];
}

export type PatchType =
  | "application/json-patch+json"
  | "application/merge-patch+json"
  | "application/strategic-merge-patch+json";

export interface TypedWatchEvent<T> {
  readonly type: WatchEventType;
  readonly object: T;
}

/**
 * A client of the apiserver's component port. Every call rejects with a `StatusError`: the server's own, or 503 when the
 * connection was lost before the answer (a write may or may not have happened) and 504 when the answer took too long.
 * Objects returned are the caller's own, except those that come out of informers, which are shared and must not be changed.
 */
export interface ApiClient {
  get<T extends KubeObject>(resource: ResourceRef<T>, key: ObjectKey): Promise<T>;
  list<T extends KubeObject>(resource: ResourceRef<T>, options?: ListOptions): Promise<KubeList<T>>;
  /** Batches of events in order, until the server ends the watch (normal return), fails it (StatusError) or `signal` aborts (normal return). */
  watch<T extends KubeObject>(
    resource: ResourceRef<T>,
    options: WatchOptions,
    signal: AbortSignal,
  ): AsyncIterable<readonly TypedWatchEvent<T>[]>;
  create<T extends KubeObject>(resource: ResourceRef<T>, object: T, options?: WriteOptions): Promise<T>;
  update<T extends KubeObject>(resource: ResourceRef<T>, object: T, options?: WriteOptions): Promise<T>;
  updateStatus<T extends KubeObject>(resource: ResourceRef<T>, object: T, options?: WriteOptions): Promise<T>;
  patch<T extends KubeObject>(
    resource: ResourceRef<T>,
    key: ObjectKey,
    patch: unknown,
    type: PatchType,
    subresource?: string,
  ): Promise<T>;
  delete<T extends KubeObject>(resource: ResourceRef<T>, key: ObjectKey, options?: DeleteOptions): Promise<unknown>;
  deleteCollection<T extends KubeObject>(
    resource: ResourceRef<T>,
    options: ListOptions,
    deleteOptions?: DeleteOptions,
  ): Promise<unknown>;
  /** POST to a subresource: `binding`, `eviction`, `token`. */
  createSubresource(
    resource: ResourceRef<KubeObject>,
    key: ObjectKey,
    subresource: string,
    body: unknown,
  ): Promise<unknown>;
  /** PUT to a subresource other than status: `finalize`, `scale`. */
  updateSubresource(
    resource: ResourceRef<KubeObject>,
    key: ObjectKey,
    subresource: string,
    body: unknown,
  ): Promise<unknown>;
  /** Ends the connection; calls under way reject. */
  close(): void;
}
