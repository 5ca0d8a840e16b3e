import {
  type Compare,
  type DeleteRangeRequest,
  type PutRequest,
  type RangeRequest,
  RangeRequest_SortOrder,
  RangeRequest_SortTarget,
  type RequestOp,
  type TxnRequest,
} from "@drydock/proto/etcd/api/etcdserverpb/rpc";

/** Text is taken as UTF-8. */
export type Bytes = Uint8Array | string;

/** `prefix` asks for all keys that begin with `key`; otherwise `rangeEnd` is exclusive, absent for the one key. */
export interface KeyRange {
  readonly key: Bytes;
  readonly rangeEnd?: Bytes;
  readonly prefix?: boolean;
}

export interface RangeOptions extends KeyRange {
  /** 0: all. */
  readonly limit?: number;
  /** 0: the latest. */
  readonly revision?: number;
  readonly sortOrder?: "none" | "ascend" | "descend";
  readonly sortTarget?: "key" | "version" | "create" | "mod" | "value";
  /** Answer from the member's own state, which may lag. */
  readonly serializable?: boolean;
  readonly keysOnly?: boolean;
  readonly countOnly?: boolean;
  readonly minModRevision?: number;
  readonly maxModRevision?: number;
  readonly minCreateRevision?: number;
  readonly maxCreateRevision?: number;
}

export interface PutOptions {
  readonly key: Bytes;
  readonly value?: Bytes;
  /** Decimal id. */
  readonly lease?: string;
  readonly prevKv?: boolean;
  readonly ignoreValue?: boolean;
  readonly ignoreLease?: boolean;
}

export interface DeleteRangeOptions extends KeyRange {
  readonly prevKv?: boolean;
}

export type CompareOperator = "=" | "!=" | "<" | ">";

/** One condition. A key that does not exist has version, create and mod revision 0. */
export type CompareOptions = KeyRange & { readonly operator: CompareOperator } & (
    | { readonly target: "version" | "create" | "mod"; readonly operand: number }
    | { readonly target: "value"; readonly operand: Bytes }
    | { readonly target: "lease"; readonly operand: string }
  );

export type Operation =
  | ({ readonly kind: "range" } & RangeOptions)
  | ({ readonly kind: "put" } & PutOptions)
  | ({ readonly kind: "delete-range" } & DeleteRangeOptions)
  | ({ readonly kind: "txn" } & TxnOptions);

/** All conditions hold: `success` is done, else `failure`; atomically, at one revision. */
export interface TxnOptions {
  readonly compare?: readonly CompareOptions[];
  readonly success?: readonly Operation[];
  readonly failure?: readonly Operation[];
}

const NO_BYTES = Buffer.alloc(0);

function toBuffer(bytes: Bytes | undefined): Buffer {
  if (bytes === undefined) return NO_BYTES;
  if (typeof bytes === "string") return Buffer.from(bytes);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The end of the range of all keys that begin with `prefix`: the next key of the same length; one zero byte if there is none. */
export function prefixEnd(prefix: Bytes): Buffer {
  const end = Buffer.from(toBuffer(prefix));
  for (let index = end.length - 1; index >= 0; index--) {
    const byte = end[index] as number;
    if (byte === 0xff) continue;
    end[index] = byte + 1;
    return end.subarray(0, index + 1);
  }
  return Buffer.from([0]);
}

export function rangeEndOf(range: KeyRange): Buffer {
  return range.prefix ? prefixEnd(range.key) : toBuffer(range.rangeEnd);
}

/** An empty prefix means every key, which etcd writes as from the zero byte on. */
export function rangeStartOf(range: KeyRange): Buffer {
  const key = toBuffer(range.key);
  return range.prefix && key.length === 0 ? Buffer.from([0]) : key;
}

const SORT_ORDER = {
  none: RangeRequest_SortOrder.NONE,
  ascend: RangeRequest_SortOrder.ASCEND,
  descend: RangeRequest_SortOrder.DESCEND,
} as const;

const SORT_TARGET = {
  key: RangeRequest_SortTarget.KEY,
  version: RangeRequest_SortTarget.VERSION,
  create: RangeRequest_SortTarget.CREATE,
  mod: RangeRequest_SortTarget.MOD,
  value: RangeRequest_SortTarget.VALUE,
} as const;

export function toRangeRequest(options: RangeOptions): RangeRequest {
  return {
    key: rangeStartOf(options),
    rangeEnd: rangeEndOf(options),
    limit: options.limit ?? 0,
    revision: options.revision ?? 0,
    sortOrder: SORT_ORDER[options.sortOrder ?? "none"],
    sortTarget: SORT_TARGET[options.sortTarget ?? "key"],
    serializable: options.serializable ?? false,
    keysOnly: options.keysOnly ?? false,
    countOnly: options.countOnly ?? false,
    minModRevision: options.minModRevision ?? 0,
    maxModRevision: options.maxModRevision ?? 0,
    minCreateRevision: options.minCreateRevision ?? 0,
    maxCreateRevision: options.maxCreateRevision ?? 0,
  };
}

export function toPutRequest(options: PutOptions): PutRequest {
  return {
    key: toBuffer(options.key),
    value: toBuffer(options.value),
    lease: options.lease ?? "0",
    prevKv: options.prevKv ?? false,
    ignoreValue: options.ignoreValue ?? false,
    ignoreLease: options.ignoreLease ?? false,
  };
}

export function toDeleteRangeRequest(options: DeleteRangeOptions): DeleteRangeRequest {
  return { key: rangeStartOf(options), rangeEnd: rangeEndOf(options), prevKv: options.prevKv ?? false };
}

export function toTxnRequest(options: TxnOptions): TxnRequest {
  return {
    compare: (options.compare ?? []).map(toCompare),
    success: (options.success ?? []).map(toRequestOp),
    failure: (options.failure ?? []).map(toRequestOp),
  };
}

function toRequestOp(operation: Operation): RequestOp {
  switch (operation.kind) {
    case "range":
      return { request: { $case: "requestRange", value: toRangeRequest(operation) } };
    case "put":
      return { request: { $case: "requestPut", value: toPutRequest(operation) } };
    case "delete-range":
      return { request: { $case: "requestDeleteRange", value: toDeleteRangeRequest(operation) } };
    case "txn":
      return { request: { $case: "requestTxn", value: toTxnRequest(operation) } };
  }
}

const COMPARE_RESULT = { "=": 0, ">": 1, "<": 2, "!=": 3 } as const;

function toCompare(options: CompareOptions): Compare {
  const base = {
    key: rangeStartOf(options),
    rangeEnd: rangeEndOf(options),
    result: COMPARE_RESULT[options.operator],
  };
  switch (options.target) {
    case "version":
      return { ...base, target: 0, targetUnion: { $case: "version", value: options.operand } };
    case "create":
      return { ...base, target: 1, targetUnion: { $case: "createRevision", value: options.operand } };
    case "mod":
      return { ...base, target: 2, targetUnion: { $case: "modRevision", value: options.operand } };
    case "value":
      return { ...base, target: 3, targetUnion: { $case: "value", value: toBuffer(options.operand) } };
    case "lease":
      return { ...base, target: 4, targetUnion: { $case: "lease", value: options.operand } };
  }
}
