import type { KvCompare, KvRecord, KvRequest, KvResult } from "./kv-types.ts";

/** All keys at one revision. A value: changes make a new one. */
export interface KvState {
  readonly revision: number;
  readonly records: ReadonlyMap<string, KvRecord>;
}

/** An empty store stands at revision 1, as etcd's does. */
export const EMPTY_STATE: KvState = { revision: 1, records: new Map() };

/** What etcd does with a request in a state: the state after it (the same one if nothing changed) and the answer. */
export function evaluate(state: KvState, request: KvRequest): { state: KvState; result: KvResult } {
  const draft = new Draft(state);
  const result = draft.run(request);
  return { state: draft.finish(), result };
}

/** One transaction: all its changes get the same revision, and it sees its own. */
class Draft {
  readonly #base: KvState;
  #records: Map<string, KvRecord> | undefined;

  constructor(base: KvState) {
    this.#base = base;
  }

  finish(): KvState {
    return this.#records ? { revision: this.#base.revision + 1, records: this.#records } : this.#base;
  }

  run(request: KvRequest): KvResult {
    switch (request.kind) {
      case "range": {
        const kvs = this.#select(request.key, request.end);
        const isLimited = request.limit !== undefined && request.limit > 0;
        return { kind: "range", kvs: isLimited ? kvs.slice(0, request.limit) : kvs, count: kvs.length };
      }
      case "put":
        this.#put(request.key, request.value);
        return { kind: "put" };
      case "delete": {
        const gone = this.#select(request.key, request.end);
        for (const { key } of gone) this.#writable().delete(key);
        return { kind: "delete", deleted: gone.length };
      }
      case "txn": {
        const isSuccess = request.compare.every((compare) => this.#holds(compare));
        const branch = isSuccess ? request.success : request.failure;
        return { kind: "txn", isSuccess, results: branch.map((each) => this.run(each)) };
      }
    }
  }

  get #current(): ReadonlyMap<string, KvRecord> {
    return this.#records ?? this.#base.records;
  }

  #writable(): Map<string, KvRecord> {
    this.#records ??= new Map(this.#base.records);
    return this.#records;
  }

  #select(key: string, end: string | undefined): KvRecord[] {
    if (end === undefined) {
      const record = this.#current.get(key);
      return record ? [record] : [];
    }
    return [...this.#current.values()]
      .filter((record) => record.key >= key && record.key < end)
      .sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  #put(key: string, value: string): void {
    const revision = this.#base.revision + 1;
    const before = this.#current.get(key);
    this.#writable().set(key, {
      key,
      value,
      createRevision: before?.createRevision ?? revision,
      modRevision: revision,
      version: (before?.version ?? 0) + 1,
    });
  }

  #holds({ key, target, operator, operand }: KvCompare): boolean {
    const record = this.#current.get(key);
    // A missing key compares as zeros; its value compares as nothing at all.
    if (target === "value" && !record) return false;
    const actual = record
      ? { mod: record.modRevision, create: record.createRevision, version: record.version, value: record.value }[target]
      : 0;
    if (operator === "=") return actual === operand;
    if (operator === "!=") return actual !== operand;
    return operator === "<" ? actual < operand : actual > operand;
  }
}
