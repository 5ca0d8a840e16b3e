import type { RevisionMarks } from "@drydock/mvcc";
import { unpack } from "msgpackr";

const NEW: RevisionMarks = { compacted: 0, finished: 0, current: 1 };

/** What stands in a database, or is true of an empty one. */
export function readRevisionMarks(record: Buffer | undefined): RevisionMarks {
  if (!record) return NEW;
  const marks = unpack(record) as Omit<RevisionMarks, "finished"> & Partial<RevisionMarks>;
  // Compactions once had no middle.
  return { ...marks, finished: marks.finished ?? marks.compacted };
}
