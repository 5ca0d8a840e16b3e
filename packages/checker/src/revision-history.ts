import { EMPTY_STATE, type KvState } from "./kv-state.ts";
import type { KvRecord } from "./kv-types.ts";

/** One key's change at one revision. `record` of a deletion has only its key and modRevision. */
export interface ChangeEvent {
  readonly type: "put" | "delete";
  readonly record: KvRecord;
}

/** What happened, revision by revision: the reference that watches and reads are compared with. */
export class RevisionHistory {
  readonly #byRevision = new Map<number, readonly ChangeEvent[]>();
  #last = EMPTY_STATE.revision;

  /** Takes in the whole of one revision; false when something else is known of it already. */
  add(revision: number, events: readonly ChangeEvent[]): boolean {
    const known = this.#byRevision.get(revision);
    if (known) return isSameEvents(known, events);
    this.#byRevision.set(revision, events);
    this.#last = Math.max(this.#last, revision);
    return true;
  }

  get lastRevision(): number {
    return this.#last;
  }

  at(revision: number): readonly ChangeEvent[] | undefined {
    return this.#byRevision.get(revision);
  }

  /** Revisions with changes from `from` up to `to`, in order. */
  *span(from: number, to: number): Generator<[revision: number, events: readonly ChangeEvent[]]> {
    for (let revision = from; revision <= to; revision++) {
      const events = this.#byRevision.get(revision);
      if (events) yield [revision, events];
    }
  }

  /** The first revision up to the last one of which nothing is known, if there is one. */
  firstGap(): number | undefined {
    for (let revision = EMPTY_STATE.revision + 1; revision <= this.#last; revision++)
      if (!this.#byRevision.has(revision)) return revision;
    return undefined;
  }

  /** The states of all revisions in order, for whoever goes through them once. */
  *states(): Generator<KvState> {
    const records = new Map<string, KvRecord>();
    yield { revision: EMPTY_STATE.revision, records };
    for (const [revision, events] of this.span(EMPTY_STATE.revision + 1, this.#last)) {
      for (const { type, record } of events) {
        if (type === "put") records.set(record.key, record);
        else records.delete(record.key);
      }
      yield { revision, records };
    }
  }
}

function isSameEvents(a: readonly ChangeEvent[], b: readonly ChangeEvent[]): boolean {
  return a.length === b.length && a.every((event, index) => isSameEvent(event, b[index] as ChangeEvent));
}

export function isSameEvent(a: ChangeEvent, b: ChangeEvent): boolean {
  return (
    a.type === b.type &&
    a.record.key === b.record.key &&
    a.record.value === b.record.value &&
    a.record.modRevision === b.record.modRevision &&
    (a.type === "delete" ||
      (a.record.version === b.record.version && a.record.createRevision === b.record.createRevision))
  );
}

export function renderEvent({ type, record }: ChangeEvent): string {
  return `${type} ${record.key}${type === "put" ? `=${record.value}` : ""}@${record.modRevision}`;
}
