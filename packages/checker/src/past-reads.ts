import type { Violation } from "./history.ts";
import type { KvState } from "./kv-state.ts";
import type { KvRecord, KvResponse } from "./kv-types.ts";
import type { RevisionHistory } from "./revision-history.ts";

/** A read that promises no freshness: serializable, or of a revision of the past. */
export interface PastRead {
  readonly id: number;
  readonly key: string;
  readonly end?: string;
  /** The revision asked for, or that of the answer's header. */
  readonly revision: number;
  readonly response: KvResponse;
}

/** Whatever its age, a read shows the state of one revision as it was. */
export function checkPastReads(reads: readonly PastRead[], history: RevisionHistory): Violation | undefined {
  const waiting = [...reads].sort((a, b) => a.revision - b.revision);
  for (const state of history.states()) {
    while (waiting[0] && waiting[0].revision <= state.revision) {
      const read = waiting.shift() as PastRead;
      const message = read.revision === state.revision ? difference(read, state) : "revision without a history";
      if (message !== undefined) return { check: "past-read", offender: read.id, message };
    }
  }
  return waiting[0] && { check: "past-read", offender: waiting[0].id, message: "it answers a revision that never was" };
}

function difference({ key, end, revision, response }: PastRead, { records }: KvState): string | undefined {
  const expected = [...records.values()]
    .filter((record) => (end === undefined ? record.key === key : record.key >= key && record.key < end))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const actual = response.result.kind === "range" ? response.result.kvs : [];
  const render = (kvs: readonly KvRecord[]) => kvs.map((kv) => `${kv.key}=${kv.value}@${kv.modRevision}`).join(", ");
  const [is, should] = [render(actual), render(expected)];
  return is === should ? undefined : `at revision ${revision} it showed {${is}} instead of {${should}}`;
}
