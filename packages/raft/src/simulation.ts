import { createPrng, invariant, type Prng } from "@drydock/base";
import { RaftNode } from "./raft-node.ts";
import { appliableBeforeSave } from "./ready.ts";
import type { Entry, HardState, LogIndex, Message, NodeId, SnapshotMeta, Term } from "./types.ts";

export interface SimulationOptions {
  readonly seed: number;
  readonly members: number;
  readonly steps: number;
  /** Chance that a message is lost, and that it comes twice. */
  readonly loss: number;
  readonly duplication: number;
  /** Longest delay of a message, in steps. */
  readonly maxDelay: number;
  /** Chance a step that a member crashes, or that the network splits or heals. */
  readonly crash: number;
  readonly partition: number;
}

export interface SimulationReport {
  readonly committed: number;
  readonly leaders: number;
  readonly restarts: number;
  readonly snapshots: number;
  readonly reads: number;
}

/** What survives a crash. */
interface Disk {
  hardState: HardState;
  snapshot: SnapshotMeta;
  entries: Entry[];
  /** The state machine's contents at `applied`: the data of all entries so far. */
  state: string[];
  applied: LogIndex;
}

interface Member {
  readonly id: NodeId;
  readonly disk: Disk;
  node: RaftNode | undefined;
  downUntil: number;
}

interface Flight {
  readonly dueStep: number;
  readonly message: Message;
  /** With a snapshot travels the state itself. */
  readonly state?: string[];
}

/** Compaction leaves this many entries for members that lag a little. */
const KEEP_ENTRIES = 8;
const COMPACT_EVERY = 24;

/**
 * A whole group over a network that delays, loses, repeats, reorders and splits, on disks that keep only what was saved, with checks
 * after every step. The same options give the same run.
 */
export class Simulation {
  readonly #options: SimulationOptions;
  readonly #prng: Prng;
  readonly #members: Member[];
  #flights: Flight[] = [];
  #cut = new Set<NodeId>();
  #step = 0;
  #proposals = 0;
  #reads = new Map<number, { atLeast: LogIndex }>();
  #nextRead = 1;
  readonly #leaderOf = new Map<Term, NodeId>();
  /** The one true history: data by index, fixed when any member applies it. */
  readonly #history: string[] = [];
  #report = { committed: 0, leaders: 0, restarts: 0, snapshots: 0, reads: 0 };

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#prng = createPrng(options.seed);
    const voters = Array.from({ length: options.members }, (_, index) => String(index + 1));
    const configuration = { voters, outgoing: [], learners: [] };
    this.#members = voters.map((id) => ({
      id,
      node: undefined,
      downUntil: 0,
      disk: {
        hardState: { term: 0, vote: "", commit: 0 },
        snapshot: { index: 0, term: 0, configuration },
        entries: [],
        state: [],
        applied: 0,
      },
    }));
    for (const member of this.#members) this.#start(member);
  }

  run(): SimulationReport {
    while (this.#step < this.#options.steps) this.#advance(true);
    // Everything heals: the group must come together again.
    this.#cut.clear();
    for (let quiet = 0; quiet < 3000; quiet++) this.#advance(false);
    this.#checkConverged();
    return { ...this.#report, committed: this.#history.length };
  }

  #advance(isFaulty: boolean): void {
    this.#step++;
    if (isFaulty) this.#injectFaults();
    for (const member of this.#members) {
      if (!member.node && member.downUntil <= this.#step) this.#start(member);
      if (this.#step % 3 === 0) member.node?.tick();
    }
    this.#deliver(isFaulty);
    if (this.#prng.next() < 0.3) this.#propose();
    if (isFaulty && this.#prng.next() < 0.05) this.#read();
    for (const member of this.#members) this.#drive(member, isFaulty);
    this.#checkLeaders();
  }

  #injectFaults(): void {
    const { crash, partition } = this.#options;
    if (this.#prng.next() < crash) this.#crash(this.#anyMember());
    if (this.#prng.next() < partition) {
      this.#cut = new Set(this.#members.filter(() => this.#prng.next() < 0.4).map(({ id }) => id));
    }
    if (this.#prng.next() < partition) this.#cut.clear();
    if (crash > 0 && this.#prng.next() < 0.01) this.#anyMember().node?.transferLeadership(this.#anyMember().id);
  }

  #start(member: Member): void {
    const { hardState, snapshot, entries, applied } = member.disk;
    member.node = new RaftNode({
      id: member.id,
      electionTicks: 10,
      heartbeatTicks: 1,
      maxBytesPerMessage: 200,
      maxInflightMessages: 4,
      prng: createPrng(this.#prng.integer(2 ** 31)),
      restored: { hardState, snapshot, entries: [...entries], applied, configuration: snapshot.configuration },
    });
    this.#report.restarts++;
  }

  #crash(member: Member): void {
    member.node = undefined;
    member.downUntil = this.#step + this.#prng.integer(200);
  }

  #deliver(isFaulty: boolean): void {
    const due = this.#flights.filter((flight) => flight.dueStep <= this.#step);
    this.#flights = this.#flights.filter((flight) => flight.dueStep > this.#step);
    for (const flight of due) {
      const target = this.#members.find(({ id }) => id === flight.message.to);
      const isLost = isFaulty && this.#prng.next() < this.#options.loss;
      if (this.#isCut(flight.message) || isLost || !target?.node) {
        // A transport always learns whether the state arrived.
        if (flight.message.type === "snapshot")
          this.#node(flight.message.from)?.reportSnapshot(flight.message.to, false);
        continue;
      }
      target.node.step(flight.message);
      if (flight.message.type === "snapshot") this.#receiveSnapshot(target, flight);
    }
  }

  /** The driver keeps the state that came with a snapshot until raft says whether it wants it. */
  #receiveSnapshot(target: Member, flight: Flight): void {
    const node = target.node as RaftNode;
    this.#node(flight.message.from)?.reportSnapshot(target.id, true);
    if (!node.hasReady()) return;
    this.#drive(target, false, flight.state);
  }

  /** The driver: saves before it promises, applies in order; may die between any two of these. */
  #drive(member: Member, isFaulty: boolean, snapshotState?: string[]): void {
    const { node, disk } = member;
    if (node && this.#prng.next() < 0.3) node.tellCommit(node.committed);
    if (!node?.hasReady()) return;
    const ready = node.ready();
    const mayDie = () => isFaulty && this.#prng.next() < this.#options.crash / 4;
    this.#send(member, ready.messagesBeforeSave);
    if (mayDie()) return this.#crash(member);
    if (ready.snapshot) {
      invariant(snapshotState !== undefined, "a snapshot comes with its state");
      Object.assign(disk, {
        snapshot: ready.snapshot,
        entries: [],
        applied: ready.snapshot.index,
        state: [...snapshotState],
      });
      this.#report.snapshots++;
      this.#checkState(disk);
    }
    const early = this.#prng.next() < 0.5 ? appliableBeforeSave(ready) : [];
    for (const entry of early) this.#apply(disk, entry);
    if (mayDie()) return this.#crash(member);
    const meanwhile = early.length === ready.committed.length ? this.#heardMeanwhile(member) : [];
    for (const entry of meanwhile) this.#checkHistory(entry);
    if (mayDie()) return this.#crash(member);
    this.#save(disk, ready.entries);
    if (ready.hardState) disk.hardState = ready.hardState;
    if (mayDie()) return this.#crash(member);
    this.#send(member, ready.messages);
    for (const entry of [...ready.committed.slice(early.length), ...meanwhile]) this.#apply(disk, entry);
    if (mayDie()) return this.#crash(member);
    for (const read of ready.readStates) this.#checkRead(read.context, read.index);
    node.advance();
    this.#maybeCompact(member);
  }

  /** What a leader may answer for while it saves, because others have it: its state on the disk follows when the save has ended. */
  #heardMeanwhile({ id, node }: Member): Entry[] {
    const { role, term } = (node as RaftNode).softState;
    if (role !== "leader" || this.#prng.next() < 0.3) return [];
    const isTaken = ({ message }: Flight) =>
      message.to === id && message.type === "append-response" && message.term === term && !this.#isCut(message);
    for (const { message } of this.#flights.filter(isTaken)) (node as RaftNode).step(message);
    this.#flights = this.#flights.filter((flight) => !isTaken(flight));
    return (node as RaftNode).committedMeanwhile();
  }

  #isCut({ from, to }: Message): boolean {
    return this.#cut.has(from) !== this.#cut.has(to);
  }

  #save(disk: Disk, entries: readonly Entry[]): void {
    const first = entries[0];
    if (!first) return;
    disk.entries.length = Math.max(0, first.index - disk.snapshot.index - 1);
    disk.entries.push(...entries);
  }

  #apply(disk: Disk, entry: Entry): void {
    invariant(entry.index === disk.applied + 1, "entries are applied in order", {
      index: entry.index,
      applied: disk.applied,
    });
    disk.state.push(this.#checkHistory(entry));
    disk.applied = entry.index;
  }

  /** Whoever applies an entry has the same there as all others. Returns what it is. */
  #checkHistory(entry: Entry): string {
    const data = `${entry.term}:${String.fromCharCode(...entry.data)}`;
    const known = this.#history[entry.index - 1];
    invariant(known === undefined || known === data, "state-machine safety", { index: entry.index, known, data });
    this.#history[entry.index - 1] = data;
    return data;
  }

  #maybeCompact({ node, disk }: Member): void {
    if (!node || disk.applied - disk.snapshot.index < COMPACT_EVERY) return;
    const index = disk.applied - KEEP_ENTRIES;
    const term = node.termAt(index) as Term;
    disk.entries = disk.entries.slice(index - disk.snapshot.index);
    disk.snapshot = { index, term, configuration: node.configuration };
    node.compact(index);
  }

  #send(member: Member, messages: readonly Message[]): void {
    for (const original of messages) {
      let message = original;
      let state: string[] | undefined;
      if (message.type === "snapshot") {
        // The state that is sent is the present one, whatever raft asked for.
        const index = member.disk.applied;
        const term = (member.node as RaftNode).termAt(index) ?? member.disk.snapshot.term;
        message = { ...message, meta: { index, term, configuration: (member.node as RaftNode).configuration } };
        state = [...member.disk.state];
      }
      const copies = this.#prng.next() < this.#options.duplication && message.type !== "snapshot" ? 2 : 1;
      for (let copy = 0; copy < copies; copy++) {
        const dueStep = this.#step + 1 + this.#prng.integer(this.#options.maxDelay);
        this.#flights.push({ dueStep, message, ...(state ? { state } : {}) });
      }
    }
  }

  #propose(): void {
    this.#anyMember().node?.propose([Uint8Array.from(`p${this.#proposals++}`, (character) => character.charCodeAt(0))]);
  }

  /** Remembers what is certainly committed when the read is asked for: the answer may not lie before it. */
  #read(): void {
    const context = this.#nextRead++;
    this.#reads.set(context, { atLeast: this.#history.length });
    this.#anyMember().node?.readIndex(context);
  }

  #checkRead(context: number, index: LogIndex): void {
    const read = this.#reads.get(context);
    invariant(read !== undefined && index >= read.atLeast, "a read sees everything applied before it was asked for", {
      index,
      atLeast: read?.atLeast,
    });
    this.#report.reads++;
  }

  #checkLeaders(): void {
    for (const { id, node } of this.#members) {
      if (node?.softState.role !== "leader") continue;
      const { term } = node.softState;
      const known = this.#leaderOf.get(term);
      invariant(known === undefined || known === id, "one leader a term", { term, known, id });
      if (known === undefined) this.#report.leaders++;
      this.#leaderOf.set(term, id);
    }
  }

  #checkState(disk: Disk): void {
    disk.state.forEach((data, index) => {
      invariant(this.#history[index] === data, "a snapshot is history", { index: index + 1 });
    });
  }

  #checkConverged(): void {
    const longest = Math.max(...this.#members.map(({ disk }) => disk.applied));
    for (const { id, disk } of this.#members) {
      this.#checkState(disk);
      invariant(longest - disk.applied < 50, "all members catch up once the faults end", {
        id,
        applied: disk.applied,
        longest,
      });
    }
  }

  #anyMember(): Member {
    return this.#members[this.#prng.integer(this.#members.length)] as Member;
  }

  #node(id: NodeId): RaftNode | undefined {
    return this.#members.find((member) => member.id === id)?.node;
  }
}
