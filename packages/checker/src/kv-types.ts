import type { Operation } from "./history.ts";

/** One key's record, as etcd shows it. */
export interface KvRecord {
  readonly key: string;
  readonly value: string;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
}

export interface KvCompare {
  readonly key: string;
  readonly target: "mod" | "create" | "version" | "value";
  readonly operator: "=" | "!=" | "<" | ">";
  readonly operand: number | string;
}

/** `end` absent: the one key; otherwise key ≤ k < end. */
export type KvRequest =
  | { readonly kind: "range"; readonly key: string; readonly end?: string; readonly limit?: number }
  | { readonly kind: "put"; readonly key: string; readonly value: string; readonly lease?: string }
  | { readonly kind: "delete"; readonly key: string; readonly end?: string }
  | {
      readonly kind: "txn";
      readonly compare: readonly KvCompare[];
      readonly success: readonly KvRequest[];
      readonly failure: readonly KvRequest[];
    };

export type KvResult =
  | { readonly kind: "range"; readonly kvs: readonly KvRecord[]; readonly count: number }
  | { readonly kind: "put" }
  | { readonly kind: "delete"; readonly deleted: number }
  | { readonly kind: "txn"; readonly isSuccess: boolean; readonly results: readonly KvResult[] };

/** With the revision of the answer's header: of a write its own, of a read that of the state it saw. */
export interface KvResponse {
  readonly revision: number;
  readonly result: KvResult;
}

export type KvOperation = Operation<KvRequest, KvResponse>;

export function isWrite(request: KvRequest): boolean {
  if (request.kind === "txn") return [...request.success, ...request.failure].some(isWrite);
  return request.kind !== "range";
}
