import type { RequestOp } from "@drydock/proto/etcd/api/etcdserverpb/rpc";

/** What a list of operations writes, transactions inside it included. */
interface Writes {
  readonly puts: ReadonlySet<string>;
  readonly deletes: readonly { readonly key: string; readonly end: string | undefined }[];
}

/**
 * Whether a key is put twice, or put and deleted, by etcd's reckoning: the branches of a transaction exclude each other, both count against
 * what stands beside it, and a range to the end of all keys is not seen.
 */
export function hasConflict(ops: readonly RequestOp[]): boolean {
  return writesOf(ops) === undefined;
}

/** Undefined when there is a conflict. */
function writesOf(ops: readonly RequestOp[]): Writes | undefined {
  const puts = new Set<string>();
  const deletes = ops.flatMap(({ request: op }) =>
    op?.$case === "requestDeleteRange" ? [rangeOf(op.value.key, op.value.rangeEnd)] : [],
  );
  const conflicts = (key: string) =>
    puts.has(key) ||
    deletes.some(({ key: start, end }) => (end === undefined ? key === start : key >= start && key < end));
  for (const { request: op } of ops) {
    if (op?.$case !== "requestTxn") continue;
    const branches = [writesOf(op.value.success), writesOf(op.value.failure)] as const;
    if (!branches[0] || !branches[1]) return undefined;
    const keys = new Set([...branches[0].puts, ...branches[1].puts]);
    if ([...keys].some(conflicts)) return undefined;
    for (const key of keys) puts.add(key);
    deletes.push(...branches[0].deletes, ...branches[1].deletes);
  }
  for (const { request: op } of ops) {
    if (op?.$case !== "requestPut") continue;
    const key = op.value.key.toString("latin1");
    if (conflicts(key)) return undefined;
    puts.add(key);
  }
  return { puts, deletes };
}

function rangeOf(key: Buffer, end: Buffer): Writes["deletes"][number] {
  return { key: key.toString("latin1"), end: end.length === 0 ? undefined : end.toString("latin1") };
}
