import { createPrng, invariant } from "@drydock/base";
import type { KvRequest } from "@drydock/checker";
import { LeaseCheckpoints } from "@drydock/mvcc";
import {
  appliableBeforeSave,
  type ConfigurationChange,
  type Entry,
  type LogIndex,
  type NodeId,
  RaftNode,
  type ReadState,
  type Ready,
  type SnapshotMeta,
  type SnapshotRequest,
} from "@drydock/raft";
import { grant, ownAcknowledgement } from "./behaviour.ts";
import { bytesOf, encodeRecords, type LogContents, type LogRecord, textOf } from "./log-file.ts";
import { configurationAfter, encodeChanges } from "./membership.ts";
import { OldTermCommits } from "./old-term-commits.ts";
import type { AppliedMark, StateImage } from "./sim-backend.ts";
import { type Answer, type Request, State } from "./state.ts";
import type { VirtualClock } from "./virtual-clock.ts";
import type { VirtualDisk } from "./virtual-disk.ts";
import type { Parcel } from "./virtual-network.ts";
import type { World } from "./world.ts";

/** The process ended, in the middle of something. */
export class Crash extends Error {
  override readonly name = "Crash";
}

const TICK_MS = 50;
const ELECTION_TICKS = 10;
const KEEP_ENTRIES = 16;
const COMPACT_EVERY = 48;
const FLUSH_STEPS = 10;
const EXPIRY_STEPS = 20;
/** Leases here live for seconds, so their checkpoints come after less than one. */
const CHECKPOINTS = { intervalMs: 600, limit: 10 };

interface Command {
  readonly proposer: number;
  readonly id: number;
  readonly request: Request;
}

/**
 * One life of a member: the real raft and the real state, driven as `Ready` prescribes, over a virtual disk. Nothing of it survives a crash
 * but what was synced and flushed.
 */
export class Process {
  readonly id: NodeId;
  readonly raft: RaftNode;
  state: State;
  readonly #world: World;
  readonly #disk: VirtualDisk;
  readonly #clock: VirtualClock;
  readonly #proposer: number;
  readonly #oldTermCommits = new OldTermCommits();
  readonly #checkpoints = new LeaseCheckpoints(CHECKPOINTS);
  #inbox: Parcel[] = [];
  readonly #pending = new Map<number, (answer: Answer) => void>();
  readonly #asked = new Map<number, () => void>();
  #confirmed: { index: LogIndex; run: () => void }[] = [];
  #saving: { ready: Ready; applied: number; untilStep: number } | undefined;
  #snapshotIndex: LogIndex;
  /** Where the log will be cut: the state up to there is on the disk. */
  #cut: SnapshotMeta | undefined;
  #nextTickMs = 0;
  #soft: { role: string; term: number };

  constructor(id: NodeId, world: World, disk: VirtualDisk, clock: VirtualClock, log: LogContents, image: StateImage) {
    this.id = id;
    this.#world = world;
    this.#disk = disk;
    this.#clock = clock;
    this.#proposer = world.freshNumber();
    this.state = new State(image);
    this.#snapshotIndex = log.snapshot.index;
    const mark = image.mark;
    this.raft = new RaftNode({
      id,
      electionTicks: ELECTION_TICKS,
      heartbeatTicks: 1,
      maxBytesPerMessage: world.faults().messageBytes,
      maxInflightMessages: 4,
      prng: createPrng(world.prng.integer(2 ** 31)),
      restored: {
        hardState: log.hardState,
        entries: log.entries,
        snapshot: log.snapshot,
        configuration: mark?.configuration ?? log.snapshot.configuration,
        applied: mark?.index ?? 0,
      },
    });
    this.#soft = this.raft.softState;
    world.witness.restarted(id);
  }

  get localMs(): number {
    return this.#clock.at(this.#world.agenda.step);
  }

  get applied(): LogIndex {
    return this.state.backend.mark?.index ?? 0;
  }

  get isLeader(): boolean {
    return (
      this.raft.softState.role === "leader" &&
      this.#soft.role === "leader" &&
      this.raft.softState.term === this.#soft.term
    );
  }

  receive(parcel: Parcel): void {
    const { message } = parcel;
    if (message.type === "snapshot") {
      const isStaged = this.#inbox.some((each) => each.message.type === "snapshot");
      this.#world.snapshotFate(message.from, this.id, !isStaged);
      if (isStaged) return;
    }
    this.#inbox.push(parcel);
  }

  /** Answered when the command was applied; `refused` at once when it was certainly not proposed; perhaps never. */
  propose(request: Request, reply: (answer: Answer) => void): void {
    const command: Command = { proposer: this.#proposer, id: this.#world.freshNumber(), request };
    const verdict = this.raft.propose([bytesOf(JSON.stringify(command))]);
    if (verdict === "accepted" || verdict === "forwarded") this.#pending.set(command.id, reply);
    else reply({ kind: "refused", reason: verdict });
  }

  read(request: KvRequest, reply: (answer: Answer) => void): void {
    const answer = () => reply(this.state.read(request));
    if (this.#world.behaviour.readsWithoutAsking) answer();
    else if (!this.linearize(answer)) reply({ kind: "refused", reason: "no-leader" });
  }

  /** Runs `run` when a read of the state is linearizable, or never; false when there is nobody to ask. */
  linearize(run: () => void): boolean {
    const context = this.#world.freshNumber();
    if (!this.raft.readIndex(context)) return false;
    this.#asked.set(context, run);
    return true;
  }

  /** Only the leader may, once it is certain to lead still, in the term in which it was asked. */
  keepAlive(lease: string, reply: (ttlSeconds: number | undefined) => void): void {
    const { term } = this.raft.softState;
    if (!this.isLeader) return reply(undefined);
    const renew = () => {
      if (!this.isLeader || this.raft.softState.term !== term) return reply(undefined);
      const { lessor } = this.state;
      const ttl = lessor.renew(lease, this.localMs);
      const answer = () => reply(ttl ?? (this.#world.behaviour.revivesLeases ? 3 : 0));
      const takenBack = ttl === undefined ? undefined : this.#checkpoints.takenBack(lessor, lease);
      if (!takenBack || this.#world.behaviour.keepsCheckpoints) answer();
      else
        this.propose({ kind: "lease-checkpoint", checkpoints: [takenBack] }, ({ kind }) =>
          kind === "done" ? answer() : reply(undefined),
        );
    };
    if (this.#world.behaviour.renewsWithoutAsking) renew();
    else this.linearize(renew);
  }

  proposeConfiguration(changes: readonly ConfigurationChange[]): boolean {
    return this.raft.proposeConfiguration(encodeChanges(changes)) === "accepted";
  }

  /** One step of time. Throws Crash when the process ends in it. */
  step(): void {
    if (this.localMs >= this.#nextTickMs) {
      this.#nextTickMs = this.localMs + TICK_MS;
      this.raft.tick();
    }
    if (this.#saving && this.#world.agenda.step < this.#saving.untilStep) return this.#applyMeanwhile(this.#saving);
    if (this.#saving) this.#finish(this.#saving.ready, this.#saving.applied);
    this.#takeInputs();
    if (this.#world.prng.next() < 0.3) this.raft.tellCommit(this.raft.committed);
    for (let turn = 0; turn < 4 && !this.#saving && this.raft.hasReady(); turn++) this.#begin(this.raft.ready());
    this.#keepHouse();
    this.#world.witness.observe(this.id, this.raft);
  }

  #takeInputs(): void {
    const inbox = this.#inbox;
    this.#inbox = inbox.filter(({ message }) => message.type === "snapshot");
    for (const { message } of inbox) {
      if (message.type === "snapshot") continue;
      if (this.#world.behaviour.commitsOldTerms) this.#oldTermCommits.heard(message);
      this.raft.step(message);
    }
    // A snapshot is stepped last: its Ready must come at once.
    const staged = this.#inbox[0];
    if (!staged) return;
    this.raft.step(staged.message);
    if (!this.raft.hasReady()) this.#inbox = [];
  }

  /** Up to the save, which may take its time. */
  #begin(ready: Ready): void {
    this.#send(ready.messagesBeforeSave);
    this.#mayDie();
    if (ready.snapshot) this.#install();
    this.#inbox = this.#inbox.filter(({ message }) => message.type !== "snapshot");
    if (this.#world.behaviour.acknowledgesBeforeSync) this.#send(ready.messages);
    this.#mayDie();
    const records = recordsOf(ready);
    if (records.length > 0) this.#disk.write(encodeRecords(records));
    this.#world.witness.appended(this.id, ready.entries, this.raft);
    this.#mayDie();
    const { maxSync } = this.#world.faults();
    const delay = maxSync > 0 && records.length > 0 ? this.#world.prng.integer(maxSync) : 0;
    // A leader's driver applies beside the write what it can.
    const early = this.isLeader ? appliableBeforeSave(ready) : [];
    for (const entry of early) this.#apply(entry);
    this.#mayDie();
    if (delay > 0) this.#saving = { ready, applied: early.length, untilStep: this.#world.agenda.step + delay };
    else this.#finish(ready, early.length);
  }

  /** A leader's driver goes on applying, while the disk writes, what others have on theirs. */
  #applyMeanwhile({ ready, applied }: { ready: Ready; applied: number }): void {
    if (!this.isLeader || applied < ready.committed.length) return;
    const { term } = this.raft.softState;
    const isTaken = ({ message }: Parcel) => message.type === "append-response" && message.term === term;
    const taken = this.#inbox.filter(isTaken);
    this.#inbox = this.#inbox.filter((parcel) => !isTaken(parcel));
    for (const { message } of taken) this.raft.step(message);
    if (this.#world.behaviour.countsItselfBeforeSync) this.raft.step(ownAcknowledgement(this.raft, this.id));
    for (const entry of this.raft.committedMeanwhile()) this.#apply(entry);
    this.#mayDie();
    this.#world.witness.observe(this.id, this.raft);
  }

  /** `applied` of the committed entries have been applied. */
  #finish(ready: Ready, applied: number): void {
    this.#saving = undefined;
    if (ready.mustSave) this.#disk.sync();
    this.#mayDie();
    if (!this.#world.behaviour.acknowledgesBeforeSync) this.#send(ready.messages);
    this.#mayDie();
    for (const entry of ready.committed.slice(applied)) this.#apply(entry);
    this.#mayDie();
    this.#confirm(ready.readStates);
    this.raft.advance();
    this.#noteSoftState();
    this.#maybeCompact();
  }

  #apply(entry: Entry): void {
    invariant(entry.index === this.applied + 1, "entries are applied in order", {
      index: entry.index,
      applied: this.applied,
    });
    const { backend, store } = this.state;
    let answered: (() => void) | undefined;
    if (entry.type === "configuration") this.#applyConfiguration(entry);
    else if (entry.data.length > 0) answered = this.#applyCommand(JSON.parse(textOf(entry.data)) as Command);
    backend.mark = { index: entry.index, term: entry.term, configuration: this.raft.configuration };
    this.#world.witness.applied(this.id, entry, this.raft.softState.term, store.revision, () =>
      this.state.lastEvents(),
    );
    answered?.();
  }

  #applyConfiguration(entry: Entry): void {
    const configuration = configurationAfter(this.raft.configuration, entry);
    this.raft.applyConfiguration(configuration);
    this.#world.configured(entry.index, configuration);
  }

  #applyCommand(command: Command): (() => void) | undefined {
    const answer = this.state.apply(command.request, this.localMs);
    if (this.#world.behaviour.appliesTwice && this.#world.prng.next() < 0.01)
      this.state.apply(command.request, this.localMs);
    if (command.request.kind === "lease-revoke" && answer.kind === "done")
      this.#world.leaseEnded(command.request.lease);
    if (command.proposer !== this.#proposer) return undefined;
    const reply = this.#pending.get(command.id);
    this.#pending.delete(command.id);
    return () => reply?.(answer);
  }

  #confirm(states: readonly ReadState[]): void {
    for (const { context, index } of states) {
      const run = this.#asked.get(context);
      this.#asked.delete(context);
      if (run) this.#confirmed.push({ index, run });
    }
    const ready = this.#confirmed.filter(({ index }) => index <= this.applied);
    this.#confirmed = this.#confirmed.filter(({ index }) => index > this.applied);
    for (const { run } of ready) run();
  }

  #send(messages: Ready["messages"]): void {
    for (const message of messages) {
      if (message.type === "snapshot") this.#sendSnapshot(message);
      else this.#world.send({ message: this.#rewrite(message) });
    }
  }

  #rewrite(message: Ready["messages"][number]): Ready["messages"][number] {
    const { votesTwice, commitsOldTerms } = this.#world.behaviour;
    if (votesTwice) return grant(message);
    if (commitsOldTerms) return this.#oldTermCommits.rewrite(message, this.raft.lastIndex, this.raft.configuration);
    return message;
  }

  /** The state that is sent is the present one, whatever raft asked for. */
  #sendSnapshot(message: SnapshotRequest): void {
    const state = this.state.backend.image();
    if (state.mark) this.#world.send({ message: { ...message, meta: state.mark }, state });
  }

  #install(): void {
    const staged = this.#inbox.find(({ message }) => message.type === "snapshot");
    invariant(staged?.state !== undefined, "a snapshot comes with its state");
    this.state = new State(staged.state as StateImage);
    this.state.backend.flush();
    const mark = this.state.backend.mark as AppliedMark;
    this.#snapshotIndex = mark.index;
    this.#cut = undefined;
    this.#world.witness.installed(this.id, mark.index, this.state.store.revision);
    if (this.isLeader) this.state.lessor.promote(this.localMs, 0);
    this.#mayDie();
  }

  /** As the driver does: between the state's way to the disk and the cut it goes on. */
  #maybeCompact(): void {
    const { backend } = this.state;
    if (this.#cut) return this.#cutLog(this.#cut);
    if (!backend.mark || backend.mark.index - this.#snapshotIndex < COMPACT_EVERY) return;
    const index = backend.mark.index - KEEP_ENTRIES;
    const term = this.raft.termAt(index);
    if (term === undefined) return;
    backend.flush();
    this.#cut = { index, term, configuration: this.raft.configuration };
    this.#mayDie();
  }

  #cutLog(at: SnapshotMeta): void {
    this.#disk.write(encodeRecords([{ kind: "snapshot", snapshot: at }]));
    this.#disk.sync();
    this.#mayDie();
    this.raft.compact(at.index);
    this.#snapshotIndex = at.index;
    this.#cut = undefined;
  }

  #noteSoftState(): void {
    const now = this.raft.softState;
    const wasLeader = this.#soft.role === "leader";
    const isNewTerm = now.term !== this.#soft.term;
    this.#soft = now;
    const isLeader = now.role === "leader";
    if (isLeader && (!wasLeader || isNewTerm)) this.state.lessor.promote(this.localMs, ELECTION_TICKS * TICK_MS);
    if (!isLeader && wasLeader) this.state.lessor.demote();
  }

  #keepHouse(): void {
    const { step } = this.#world.agenda;
    this.#noteSoftState();
    this.state.watchers.catchUp();
    if (step % FLUSH_STEPS === 0) this.state.backend.flush();
    if (step % EXPIRY_STEPS === 0 && this.isLeader) this.#watchLeases();
  }

  /** As the store does: once it is certain to lead still, and has applied what leaders before it said of the leases. */
  #watchLeases(): void {
    const { term } = this.raft.softState;
    this.linearize(() => {
      if (this.isLeader && this.raft.softState.term === term) this.#endLeases();
    });
  }

  #endLeases(): void {
    const { lessor } = this.state;
    const checkpoints = this.#checkpoints.begin(lessor, this.localMs);
    if (checkpoints.length > 0)
      this.propose({ kind: "lease-checkpoint", checkpoints }, ({ kind }) => {
        if (kind === "done") this.#checkpoints.applied(checkpoints);
      });
    for (const lease of lessor.expired(this.localMs, 10)) this.propose({ kind: "lease-revoke", lease }, () => {});
  }

  #mayDie(): void {
    if (this.#world.prng.next() < this.#world.faults().crashInWindow) throw new Crash("crash window");
  }
}

function recordsOf(ready: Ready): LogRecord[] {
  const records: LogRecord[] = [];
  if (ready.snapshot) records.push({ kind: "snapshot", snapshot: ready.snapshot });
  for (const entry of ready.entries) records.push({ kind: "entry", entry });
  if (ready.hardState) records.push({ kind: "hard-state", hardState: ready.hardState });
  return records;
}
