import type { Entry, HardState, SnapshotMeta } from "@drydock/raft";
import type { Identity } from "../cluster/identity.ts";
import { decodeRecord, hasLaterSave, type RecordMark, type WalRecord } from "./record.ts";

/** What a member finds when it starts. */
export interface WalContents {
  readonly identity: Identity;
  readonly hardState: HardState;
  readonly snapshot: SnapshotMeta;
  readonly entries: readonly Entry[];
}

/** The WAL is damaged in the middle: what was acknowledged can no longer be told. The member must not start. */
export class CorruptWalError extends Error {
  override readonly name = "CorruptWalError";
}

const SLAB_BYTES = 256 * 1024;
const NOTHING = Buffer.alloc(0);

/**
 * Puts records together again: later entries replace earlier ones from their index on. Saves are counted, which tells a write that was
 * torn from damage: behind a torn one there is nothing of a later save, since each waited for the one before.
 */
export class WalReader {
  #hardState: HardState = { term: 0, vote: "", commit: 0 };
  #snapshot: SnapshotMeta | undefined;
  #identity: Identity | undefined;
  #entries: Entry[] = [];
  #mark: RecordMark | undefined;
  /** Where the segment before ended with something that is no record of this log. */
  #endedOddly: (() => CorruptWalError) | undefined;

  /** The last one; undefined for a log from before there were marks. */
  get mark(): RecordMark | undefined {
    return this.#mark;
  }

  /** Returns where the valid part ends. */
  read(bytes: Buffer, name: string, isLast: boolean): number {
    let offset = 0;
    for (;;) {
      const decoded = decodeRecord(bytes, offset);
      if (decoded.kind === "record" && this.#follows(decoded.mark)) {
        this.#mark = decoded.mark;
        this.#take(decoded.record);
        offset = decoded.nextOffset;
        continue;
      }
      const at = offset;
      const reason = decoded.kind === "broken" ? decoded.reason : "records that followed are missing";
      const corrupt = () => new CorruptWalError(`WAL segment ${name} is damaged at byte ${at}: ${reason}`);
      if (this.#isDamaged(bytes, at, decoded.kind, isLast)) throw corrupt();
      this.#endedOddly ??= corrupt;
      return offset;
    }
  }

  contents(directory: string): WalContents {
    if (!this.#snapshot) throw new CorruptWalError(`WAL in ${directory} has no snapshot record`);
    if (!this.#identity) throw new CorruptWalError(`WAL in ${directory} does not say whose it is`);
    const snapshot = this.#snapshot;
    const entries = this.#entries.filter((entry) => entry.index > snapshot.index);
    const first = entries[0];
    if (first && first.index !== snapshot.index + 1)
      throw new CorruptWalError(`WAL in ${directory} lacks entries ${snapshot.index + 1} to ${first.index - 1}`);
    return {
      identity: this.#identity,
      hardState: { ...this.#hardState, commit: Math.max(this.#hardState.commit, snapshot.index) },
      snapshot,
      entries: compacted(entries),
    };
  }

  /** What an earlier life of the segment left does not. Throws CorruptWalError where a save between is missing. */
  #follows(mark: RecordMark | undefined): boolean {
    const last = this.#mark;
    if (!last || !mark) return last === undefined;
    if (mark.log !== last.log || mark.save < last.save) return false;
    if (mark.save > last.save + 1) {
      if (this.#endedOddly) throw this.#endedOddly();
      return false;
    }
    this.#endedOddly = undefined;
    return true;
  }

  #isDamaged(bytes: Buffer, offset: number, kind: "record" | "end" | "broken", isLast: boolean): boolean {
    // What is behind may be of the save that was torn: only one after that says that it had been complete.
    if (this.#mark) return hasLaterSave(bytes, offset, { ...this.#mark, save: this.#mark.save + 1 });
    return kind === "broken" && (!isLast || hasRecordBehind(bytes, offset));
  }

  #take(record: WalRecord): void {
    if (record.kind === "hard-state") this.#hardState = record.hardState;
    else if (record.kind === "snapshot") this.#takeSnapshot(record.snapshot);
    else if (record.kind === "identity") this.#identity = record.identity;
    else this.#takeEntries(record.entries);
  }

  #takeEntries(entries: readonly Entry[]): void {
    const first = entries[0];
    const base = this.#entries[0];
    if (first && base) this.#entries.length = Math.max(0, Math.min(this.#entries.length, first.index - base.index));
    for (const entry of entries) this.#entries.push(entry);
  }

  #takeSnapshot(snapshot: SnapshotMeta): void {
    this.#snapshot = snapshot;
    const first = this.#entries[0];
    if (!first || first.index > snapshot.index) return;
    // Installed from the leader: what was logged before is void, even what reaches further, as it was never committed. A compaction of
    // our own log is one of an entry that is there, and keeps what follows it.
    if (this.#entries[snapshot.index - first.index]?.term !== snapshot.term) this.#entries = [];
  }
}

/** The entries with data that lie close together: as they were read they keep whole segments in memory, of which they are a small part. */
function compacted(entries: readonly Entry[]): Entry[] {
  let slab = NOTHING;
  let at = 0;
  return entries.map((entry) => {
    const { data } = entry;
    if (at + data.length > slab.length) {
      slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, data.length));
      at = 0;
    }
    const copy = slab.subarray(at, at + data.length);
    copy.set(data);
    at += data.length;
    return { ...entry, data: copy };
  });
}

/** In a log without marks: a torn write is followed by nothing; damage to an old record is followed by good ones. */
function hasRecordBehind(bytes: Buffer, offset: number): boolean {
  for (let at = offset + 1; at + 9 <= bytes.length; at++) {
    const length = bytes.readUInt32LE(at);
    if (length === 0 || length > bytes.length) continue;
    if (decodeRecord(bytes, at).kind === "record") return true;
  }
  return false;
}
