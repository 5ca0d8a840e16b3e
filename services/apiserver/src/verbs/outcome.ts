import type { Status } from "@drydock/apimachinery";
import type { StoredObject } from "../cache/stored-object.ts";
import type { ResourceStore } from "../registry/registry.ts";
import type { Revision } from "../storage/storage.ts";
import type { WatchRun } from "./watch.ts";

export interface ListPage {
  /** In key order, as the resource's group-version shows them. */
  readonly items: readonly StoredObject[];
  readonly revision: Revision;
  readonly continue: string;
  readonly remaining: number | undefined;
}

/** What a call came to, before any encoding. */
export type Outcome =
  | { readonly kind: "object"; readonly code: number; readonly store: ResourceStore; readonly stored: StoredObject }
  /** An object that is not a stored resource: a Scale, a review, a Binding's Status. */
  | { readonly kind: "plain"; readonly code: number; readonly object: object }
  | { readonly kind: "status"; readonly status: Status }
  | { readonly kind: "list"; readonly store: ResourceStore; readonly page: ListPage }
  | { readonly kind: "watch"; readonly store: ResourceStore; readonly run: WatchRun };

export function success(details?: Status["details"], code = 200): Outcome {
  const status: Status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success" };
  if (details) status.details = details;
  else status.code = code;
  return { kind: "plain", code, object: status };
}
