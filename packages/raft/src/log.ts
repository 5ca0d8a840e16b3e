import { invariant } from "@drydock/base";
import type { Entry, LogIndex, SnapshotMeta, Term } from "./types.ts";

/**
 * The log since the last compaction, in memory. Everything up to `stable` is on this member's disk, everything up to `committed` on a
 * majority's, everything up to `applied` in the state machine.
 */
export class RaftLog {
  #entries: Entry[] = [];
  #snapshotIndex: LogIndex;
  #snapshotTerm: Term;
  #stable: LogIndex;
  #committed: LogIndex;
  /** Handed out to be applied. */
  #applying: LogIndex;
  #applied: LogIndex;

  /** A restarted member gives what its disk holds: the compaction point and all entries behind it. */
  constructor(
    snapshot: { index: LogIndex; term: Term },
    entries: readonly Entry[],
    committed: LogIndex,
    applied: LogIndex,
  ) {
    this.#snapshotIndex = snapshot.index;
    this.#snapshotTerm = snapshot.term;
    this.#entries = [...entries];
    this.#stable = this.lastIndex;
    this.#committed = Math.max(committed, snapshot.index);
    this.#applied = Math.max(applied, snapshot.index);
    this.#applying = this.#applied;
    invariant(this.#committed <= this.lastIndex, "commit is within the log", { committed, last: this.lastIndex });
    entries.forEach((entry, offset) => {
      invariant(entry.index === snapshot.index + 1 + offset, "log is contiguous", {
        index: entry.index,
        expected: snapshot.index + 1 + offset,
      });
    });
  }

  get firstIndex(): LogIndex {
    return this.#snapshotIndex + 1;
  }
  get lastIndex(): LogIndex {
    return this.#snapshotIndex + this.#entries.length;
  }
  get lastTerm(): Term {
    return this.#entries.at(-1)?.term ?? this.#snapshotTerm;
  }
  get stable(): LogIndex {
    return this.#stable;
  }
  get committed(): LogIndex {
    return this.#committed;
  }
  get applied(): LogIndex {
    return this.#applied;
  }

  /** The term at `index`, or undefined when it was compacted away or is not there yet. */
  termAt(index: LogIndex): Term | undefined {
    if (index === this.#snapshotIndex) return this.#snapshotTerm;
    return this.#entries[index - this.firstIndex]?.term;
  }

  matches(index: LogIndex, term: Term): boolean {
    return this.termAt(index) === term;
  }

  /** Raft §5.4.1: a candidate's log must be at least as up to date as the voter's. */
  isUpToDate(lastIndex: LogIndex, lastTerm: Term): boolean {
    return lastTerm > this.lastTerm || (lastTerm === this.lastTerm && lastIndex >= this.lastIndex);
  }

  /** Entries from `from`, at least one if there is any, until `maxBytes` are reached. */
  slice(from: LogIndex, maxBytes: number, to: LogIndex = this.lastIndex): Entry[] {
    const start = from - this.firstIndex;
    let end = start;
    let bytes = 0;
    while (end <= to - this.firstIndex) {
      bytes += (this.#entries[end] as Entry).data.length + 16;
      if (end > start && bytes > maxBytes) break;
      end++;
    }
    return this.#entries.slice(start, end);
  }

  /** A leader's own entries. */
  append(entries: readonly Entry[]): void {
    for (const entry of entries) this.#entries.push(entry);
  }

  /**
   * A leader's entries on a follower: what conflicts is cut off first. Returns the last index that now matches the leader's log, or
   * undefined when the entry before them does not.
   */
  maybeAppend(previousIndex: LogIndex, previousTerm: Term, entries: readonly Entry[]): LogIndex | undefined {
    if (!this.matches(previousIndex, previousTerm)) return undefined;
    const conflict = entries.findIndex((entry) => !this.matches(entry.index, entry.term));
    if (conflict >= 0) {
      const first = entries[conflict] as Entry;
      invariant(first.index > this.#committed, "committed entries never change", {
        index: first.index,
        committed: this.#committed,
      });
      this.#entries.length = first.index - this.firstIndex;
      this.#stable = Math.min(this.#stable, first.index - 1);
      this.append(entries.slice(conflict));
    }
    return previousIndex + entries.length;
  }

  /** The largest index not above `index` whose term is not above `term`: where two diverged logs may agree. */
  findConflict(index: LogIndex, term: Term): { index: LogIndex; term: Term } {
    for (let at = Math.min(index, this.lastIndex); at >= this.#snapshotIndex; at--) {
      const found = this.termAt(at) as Term;
      if (found <= term) return { index: at, term: found };
    }
    return { index: 0, term: 0 };
  }

  commitTo(index: LogIndex): boolean {
    if (index <= this.#committed) return false;
    invariant(index <= this.lastIndex, "commit is within the log", { index, last: this.lastIndex });
    this.#committed = index;
    return true;
  }

  unstable(): Entry[] {
    return this.#entries.slice(this.#stable + 1 - this.firstIndex);
  }

  /** The write that ended with this entry has been synced; ignored when the entry was replaced meanwhile. */
  stableTo(index: LogIndex, term: Term): void {
    if (index > this.#stable && this.matches(index, term)) this.#stable = index;
  }

  hasNextCommitted(): boolean {
    return this.#applying < this.#committed;
  }

  /** A change of membership is decided but not in effect here: an election now would count the wrong votes. */
  hasUnappliedConfiguration(): boolean {
    for (let index = this.#applied + 1; index <= this.#committed; index++)
      if (this.#entries[index - this.firstIndex]?.type === "configuration") return true;
    return false;
  }

  /** Committed entries not handed out before, up to the first that is not wanted. */
  nextCommitted(maxBytes: number, isWanted: (entry: Entry) => boolean = () => true): Entry[] {
    if (!this.hasNextCommitted()) return [];
    const entries = this.slice(this.#applying + 1, maxBytes, this.#committed);
    const unwanted = entries.findIndex((entry) => !isWanted(entry));
    if (unwanted >= 0) entries.length = unwanted;
    this.#applying += entries.length;
    return entries;
  }

  appliedTo(index: LogIndex): void {
    if (index <= this.#applied) return;
    invariant(index <= this.#applying, "only what was handed out is applied", { index, applying: this.#applying });
    this.#applied = index;
  }

  /** A snapshot from the leader replaces the whole log. */
  restore(meta: SnapshotMeta): void {
    this.#entries = [];
    this.#snapshotIndex = meta.index;
    this.#snapshotTerm = meta.term;
    this.#stable = meta.index;
    this.#committed = meta.index;
    this.#applying = meta.index;
    this.#applied = meta.index;
  }

  /** Forgets entries up to `index`, which must have been applied and be covered by the driver's own state. */
  compact(index: LogIndex): void {
    if (index <= this.#snapshotIndex) return;
    invariant(index <= this.#applied && index <= this.#stable, "only applied and stable entries are compacted", {
      index,
      applied: this.#applied,
    });
    const term = this.termAt(index) as Term;
    this.#entries = this.#entries.slice(index - this.#snapshotIndex);
    this.#snapshotIndex = index;
    this.#snapshotTerm = term;
  }
}
