import { fnv1a32 } from "@drydock/base";
import { type ChangeEvent, RevisionHistory, type Violation } from "@drydock/checker";
import type { Entry, LogIndex, NodeId, RaftNode, Term } from "@drydock/raft";
import { textOf } from "./log-file.ts";

/** A promise of the cores was broken. */
export class ViolationError extends Error {
  override readonly name = "ViolationError";
  readonly violation: Violation;
  constructor(violation: Violation) {
    super(`${violation.check}: ${violation.message} (${violation.offender})`);
    this.violation = violation;
  }
}

interface Committed {
  readonly term: Term;
  readonly text: string;
  /** At the latest in this term a leader committed it. */
  readonly byTerm: Term;
  /** Of the store, after it was applied. */
  readonly revision: number;
}

/** Sees all members at once and holds them to what Raft and the store promise, at every step. */
export class Witness {
  readonly history = new RevisionHistory();
  readonly #committed: Committed[] = [];
  readonly #leaders = new Map<Term, NodeId>();
  /** Of every entry ever in a log: what it says, and the term of the one before it. */
  readonly #entries = new Map<string, { readonly text: string; readonly previousTerm: Term | undefined }>();
  readonly #leading = new Map<NodeId, { readonly term: Term; readonly lastIndex: LogIndex; readonly lastTerm: Term }>();
  readonly #revisions = new Map<NodeId, number>();
  #digest = 0;

  get committedCount(): number {
    return this.#committed.length;
  }

  get leaderCount(): number {
    return this.#leaders.size;
  }

  /** The same for two runs that went the same way. */
  get digest(): string {
    return this.#digest.toString(16).padStart(8, "0");
  }

  note(text: string): void {
    this.#digest = (Math.imul(this.#digest, 31) + fnv1a32(text)) >>> 0;
  }

  /** A process with nothing in memory began. */
  restarted(id: NodeId): void {
    this.#leading.delete(id);
    this.#revisions.delete(id);
  }

  /** Log matching: two logs that have an entry of one index and term in common have everything before it in common. */
  appended(id: NodeId, entries: readonly Entry[], raft: RaftNode): void {
    for (const entry of entries) {
      const name = `${entry.index}/${entry.term}`;
      const text = textOf(entry.data);
      const previousTerm = raft.termAt(entry.index - 1);
      const known = this.#entries.get(name);
      if (known && (known.text !== text || (previousTerm ?? known.previousTerm) !== known.previousTerm))
        fail(
          "log-matching",
          id,
          `entry ${name} is "${text}" behind term ${previousTerm}, elsewhere "${known.text}" behind ${known.previousTerm}`,
        );
      if (!known) this.#entries.set(name, { text, previousTerm });
    }
  }

  /** State-machine safety: whoever applies an entry applies the same one, with the same effect. */
  applied(id: NodeId, entry: Entry, term: Term, revision: number, events: () => ChangeEvent[]): void {
    const text = textOf(entry.data);
    const known = this.#committed[entry.index - 1];
    if (known && (known.text !== text || known.term !== entry.term))
      fail(
        "state-machine-safety",
        id,
        `entry ${entry.index} is ${entry.term} "${text}", elsewhere ${known.term} "${known.text}"`,
      );
    if (known && known.revision !== revision)
      fail("same-revisions", id, `after entry ${entry.index} the revision is ${revision}, elsewhere ${known.revision}`);
    const before = this.#revisions.get(id) ?? 0;
    if (revision < before) fail("monotone-revisions", id, `revision ${revision} came after ${before}`);
    this.#revisions.set(id, revision);
    if (revision > before && revision > 1 && !this.history.add(revision, events()))
      fail("same-history", id, `revision ${revision} has other changes than elsewhere`);
    if (known) return;
    this.#committed[entry.index - 1] = { term: entry.term, text, byTerm: term, revision };
    this.note(`${entry.index} ${entry.term} ${text} ${revision}`);
  }

  /** A state came whole: it must be one that the log leads to. */
  installed(id: NodeId, index: LogIndex, revision: number): void {
    const known = this.#committed[index - 1];
    if (known && known.revision !== revision)
      fail(
        "same-revisions",
        id,
        `a snapshot of entry ${index} stands at revision ${revision}, elsewhere ${known.revision}`,
      );
    this.#revisions.set(id, revision);
  }

  observe(id: NodeId, raft: RaftNode): void {
    const { role, term } = raft.softState;
    if (role !== "leader") {
      this.#leading.delete(id);
      return;
    }
    const known = this.#leaders.get(term);
    if (known !== undefined && known !== id) fail("election-safety", id, `term ${term} has a leader already: ${known}`);
    if (known === undefined) {
      this.#leaders.set(term, id);
      this.note(`leader ${id} ${term}`);
      this.#checkCompleteness(id, raft, term);
    }
    this.#checkAppendOnly(id, raft, term);
  }

  /** Leader completeness: what was committed in earlier terms is in the log of every later leader. */
  #checkCompleteness(id: NodeId, raft: RaftNode, term: Term): void {
    for (let index = raft.firstIndex; index <= this.#committed.length; index++) {
      const committed = this.#committed[index - 1];
      if (!committed || committed.byTerm >= term || raft.termAt(index) === committed.term) continue;
      fail(
        "leader-completeness",
        id,
        `leader of term ${term} has term ${raft.termAt(index)} at ${index}, committed was ${committed.term}`,
      );
    }
  }

  /** Leader append-only: a leader never changes what is in its log. */
  #checkAppendOnly(id: NodeId, raft: RaftNode, term: Term): void {
    const before = this.#leading.get(id);
    const { lastIndex } = raft;
    if (before?.term === term && before.lastIndex >= raft.firstIndex) {
      const found = raft.termAt(before.lastIndex);
      if (lastIndex < before.lastIndex || found !== before.lastTerm)
        fail(
          "leader-append-only",
          id,
          `leader of term ${term} had term ${before.lastTerm} at ${before.lastIndex}, now ${found}`,
        );
    }
    this.#leading.set(id, { term, lastIndex, lastTerm: raft.termAt(lastIndex) ?? 0 });
  }
}

function fail(check: string, id: NodeId, message: string): never {
  throw new ViolationError({ check, message, offender: `member ${id}` });
}
