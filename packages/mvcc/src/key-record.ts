import { KeyHistory, type KeyState } from "./key-history.ts";
import type { Revision, RevisionPair } from "./types.ts";

/**
 * What the index keeps of a key. Most keys of a large store were put once and never changed: of these the revision says all, and takes a
 * tenth of the memory of a history.
 */
export type KeyRecord = Revision | KeyHistory;

/** The record after a put. */
export function afterPut(record: KeyRecord | undefined, at: RevisionPair): KeyRecord {
  if (record === undefined && at.sub === 0) return at.main;
  const history = historyOf(record);
  history.put(at);
  return history;
}

/** The record after the key was deleted. */
export function afterDeletion(record: KeyRecord | undefined, at: RevisionPair): KeyRecord {
  const history = historyOf(record);
  history.tombstone(at);
  return history;
}

/** The record with one more revision that the backend tells of when the store is opened; `version` 0 is a deletion. */
export function afterRestore(
  record: KeyRecord | undefined,
  at: RevisionPair,
  created: Revision,
  version: number,
): KeyRecord {
  if (version === 0) return afterDeletion(record, at);
  if (record === undefined && version === 1 && created === at.main && at.sub === 0) return at.main;
  const history = historyOf(record);
  history.restore(at, created, version);
  return history;
}

/** The key as it was at `revision`, or undefined when it did not exist then. */
export function stateAt(record: KeyRecord, revision: Revision): KeyState | undefined {
  if (typeof record !== "number") return record.at(revision);
  return record <= revision ? stateOfOnePut(record) : undefined;
}

/** Where the key's value at `revision` lies; undefined when it was not there. */
export function modifiedAt(record: KeyRecord, revision: Revision): RevisionPair | undefined {
  if (typeof record !== "number") return record.modifiedAt(revision);
  return record <= revision ? { main: record, sub: 0 } : undefined;
}

export function existsAt(record: KeyRecord, revision: Revision): boolean {
  return typeof record === "number" ? record <= revision : record.existsAt(revision);
}

function stateOfOnePut(main: Revision): KeyState {
  return { modified: { main, sub: 0 }, created: main, version: 1 };
}

function historyOf(record: KeyRecord | undefined): KeyHistory {
  if (typeof record === "object") return record;
  const history = new KeyHistory();
  if (record !== undefined) history.put({ main: record, sub: 0 });
  return history;
}
