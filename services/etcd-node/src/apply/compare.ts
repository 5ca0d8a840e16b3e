import { NO_LEASE, type WriteTxn } from "@drydock/mvcc";
import {
  type Compare,
  Compare_CompareResult as CompareResult,
  Compare_CompareTarget as CompareTarget,
} from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { toKeyRange } from "./requests.ts";

/** A comparison over a range holds when it holds for every key of it; a key that does not exist compares as zeros. */
export function holds(txn: Pick<WriteTxn, "range">, compare: Compare): boolean {
  const { kvs } = txn.range(toKeyRange(compare.key, compare.rangeEnd));
  if (kvs.length === 0) {
    if (compare.target === CompareTarget.VALUE) return false;
    return matches(compare, { version: 0, createRevision: 0, modRevision: 0, value: Buffer.alloc(0), lease: NO_LEASE });
  }
  return kvs.every((kv) => matches(compare, kv));
}

interface Comparable {
  readonly version: number;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly value: Uint8Array;
  readonly lease: string;
}

/** As etcd has it: a result that is none holds. */
function matches(compare: Compare, kv: Comparable): boolean {
  const order = difference(compare, kv);
  switch (compare.result) {
    case CompareResult.EQUAL:
      return order === 0;
    case CompareResult.NOT_EQUAL:
      return order !== 0;
    case CompareResult.GREATER:
      return order > 0;
    case CompareResult.LESS:
      return order < 0;
    default:
      return true;
  }
}

const NOTHING = Buffer.alloc(0);

/** What is compared with counts only if it is meant for the target; otherwise it is nothing, or zero. A target that is none is always equal. */
function difference({ target, targetUnion: wanted }: Compare, kv: Comparable): number {
  switch (target) {
    case CompareTarget.VERSION:
      return kv.version - (wanted?.$case === "version" ? wanted.value : 0);
    case CompareTarget.CREATE:
      return kv.createRevision - (wanted?.$case === "createRevision" ? wanted.value : 0);
    case CompareTarget.MOD:
      return kv.modRevision - (wanted?.$case === "modRevision" ? wanted.value : 0);
    case CompareTarget.LEASE:
      return Number(BigInt(kv.lease) - BigInt(wanted?.$case === "lease" ? wanted.value : 0));
    case CompareTarget.VALUE:
      return Buffer.compare(kv.value, wanted?.$case === "value" ? wanted.value : NOTHING);
    default:
      return 0;
  }
}
