import type { KubeObject } from "@drydock/apimachinery";
import type { NumberTexts } from "@drydock/kube-api";
import type { UserInfo } from "../authentication/user-info.ts";
import type { CallOptions } from "./call-options.ts";
import type { Verb } from "./definition.ts";
import type { DeleteOptions } from "./delete-options.ts";

export type PatchType =
  | "application/json-patch+json"
  | "application/merge-patch+json"
  | "application/strategic-merge-patch+json"
  | "application/apply-patch+yaml";

/**
 * One API operation, however it arrived: REST and the component protocol build the same value and the registry runs it.
 * Authorized already; `object`, `patch` and `deleteOptions` are decoded and private to the call.
 */
export interface Call {
  readonly verb: Verb;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  /** Empty for the resource itself. */
  readonly subresource: string;
  /** Empty for cluster-scoped resources and for all namespaces. */
  readonly namespace: string;
  /** Empty for collections. */
  readonly name: string;
  readonly options: CallOptions;
  readonly body: CallBody;
  readonly context: CallContext;
}

export interface PatchDocument {
  readonly patchType: PatchType;
  readonly patch: unknown;
  /** What a strict decoder has against the document itself, such as fields that stand twice. */
  readonly complaints?: readonly string[];
  /** Of JSON, its numbers as they were written, by path. */
  readonly numbers?: NumberTexts | undefined;
}

export type CallBody =
  | { readonly kind: "none" }
  | { readonly kind: "object"; readonly object: KubeObject }
  | ({ readonly kind: "patch" } & PatchDocument)
  | { readonly kind: "delete"; readonly options: DeleteOptions };

/** Who asks, until when, and where warnings go. */
export interface CallContext {
  readonly user: UserInfo;
  /** Wall clock at the start of the call. */
  readonly nowMs: number;
  /** Aborted when the caller is gone or the deadline has passed. */
  readonly signal: AbortSignal;
  /** Under whose name metadata.managedFields notes what this call changes. */
  readonly fieldManager: string;
  /** New objects of the system's own components are not tracked: there are many, and nobody applies them. */
  readonly isComponent: boolean;
  /** Throws the 403 of a caller who may change objects but not create them; asked when a write turns out to be the first. */
  authorizeCreate?(): Promise<void>;
  /** Options of the call that webhooks and policies are told, as they were sent. */
  readonly sentOptions?: { readonly fieldManager: string; readonly fieldValidation: string };
  /** A text for the caller's Warning header. */
  warn(text: string): void;
  /** A line for the audit log's annotations. */
  annotate?(key: string, value: string): void;
}
